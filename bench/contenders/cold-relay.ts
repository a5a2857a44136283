import { createRequire } from "node:module";

/** A fresh process that loads the bundle as Lambda's runtime does, and makes its first invocation. */
const { handler } = createRequire(import.meta.url)(process.env["OUTBOX_BENCH_BUNDLE"] ?? "");
await handler(JSON.parse(process.argv[2] ?? ""), { getRemainingTimeInMillis: () => 60_000 });
