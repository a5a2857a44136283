import { createRequire } from "node:module";

/** A fresh process: it loads the bundle as Lambda's runtime does, does its first invocation, and nothing else. */
const { handler } = createRequire(import.meta.url)(process.env["OUTBOX_BENCH_BUNDLE"] ?? "");
await handler(JSON.parse(process.argv[2] ?? ""), { getRemainingTimeInMillis: () => 60_000 });
