import { main } from "../dev/dashboard/main.ts";
import { outliveReader } from "../lib/local/closed-output.ts";

outliveReader();
process.exitCode = await main(process.argv.slice(2));
