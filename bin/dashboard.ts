import { main } from "../dev/dashboard/main.ts";

process.exitCode = await main(process.argv.slice(2));
