/** A fresh process: it loads the bundle and does its first invocation, and nothing else. */
const { handler } = await import(process.env["OUTBOX_BENCH_BUNDLE"] ?? "");
await handler(JSON.parse(process.argv[2] ?? ""), { getRemainingTimeInMillis: () => 60_000 });
