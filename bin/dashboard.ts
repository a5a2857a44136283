import { main } from "../lib/local/dashboard/main.ts";

process.exitCode = await main(process.argv.slice(2));
