/** One way to do the work, measured in rounds. The other side, which orders them, is contest.ts. */
export interface Part {
  /** Makes ready what is not measured. Resolves with the work of one round. */
  prepare(events: number): Promise<() => Promise<void>>;
  /** Rejects when the round did not do what it should have. Not measured. */
  check?(): Promise<void>;
}

export interface RoundOrder {
  readonly events: number;
}

export interface RoundDone {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Runs rounds as they are ordered, until the benchmark ends this process. */
export function takePart({ prepare, check }: Part): void {
  process.on("disconnect", () => process.exit(1));
  process.on("message", ({ events }: RoundOrder) => {
    void (async () => {
      const run = await prepare(events);
      const cpuBefore = process.cpuUsage();
      const startedMs = performance.now();
      await run();
      const ms = performance.now() - startedMs;
      const { user, system } = process.cpuUsage(cpuBefore);
      await check?.();
      process.send?.({ ms, cpuMs: (user + system) / 1_000 } satisfies RoundDone);
    })();
  });
  process.send?.({ ready: true });
}
