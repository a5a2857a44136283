import type { Context } from "aws-lambda";

/** The requeuer's deployed bundle: one run per message, like those of the schedule. */
const { handler } = (await import(process.env["OUTBOX_BENCH_BUNDLE"] ?? "")) as {
  readonly handler: (event: unknown, context: Context) => Promise<{ readonly result: string }>;
};
const TIMEOUT_MS = 60_000;

export interface RequeuerRun {
  readonly result: string;
  readonly ms: number;
  readonly cpuMs: number;
  /** The run's log. */
  readonly told: string;
}

const told: string[] = [];
process.stdout.write = (text) => {
  told.push(String(text));
  return true;
};

process.on("disconnect", () => process.exit(1));
process.on("message", () => {
  void (async () => {
    const startMs = Date.now();
    const cpuBefore = process.cpuUsage();
    const context = {
      getRemainingTimeInMillis: () => startMs + TIMEOUT_MS - Date.now(),
      awsRequestId: "bench",
    } as Context;
    const { result } = await handler({}, context);
    const { user, system } = process.cpuUsage(cpuBefore);
    process.send?.({
      result,
      ms: Date.now() - startMs,
      cpuMs: (user + system) / 1_000,
      told: told.splice(0).join(""),
    } satisfies RequeuerRun);
  })();
});
process.send?.({ ready: true });
