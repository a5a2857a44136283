/** One way to do the work, measured in rounds. The other side, which orders the rounds, is comparison.ts. */
export interface Part {
  /** Prepares a round, unmeasured. Resolves with the work to measure. */
  prepare(events: number): Promise<() => Promise<void>>;
  /** Rejects if the round did not do its work. Unmeasured. */
  check?(): Promise<void>;
}

export interface RoundOrder {
  readonly events: number;
}

export interface RoundDone {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Runs the ordered rounds until the benchmark ends this process. */
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
