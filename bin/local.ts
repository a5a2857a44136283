import { main } from "../dev/demo/main.ts";

process.exitCode = await main(process.argv.slice(2));
