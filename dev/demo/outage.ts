import { setTimeout as sleep } from "node:timers/promises";
import type { FaultProxy } from "../../lib/local/faults/fault-proxy.ts";
import type { Fault } from "../../lib/local/faults/faults.ts";

/** One act of the show: the proxy's fault, how long it lasts, and its title on the screen. */
export interface Act {
  readonly fault: Fault;
  readonly lastsMs: number;
  readonly title: string;
  /** Whether nothing gets through, so that its time counts as outage. */
  readonly away: boolean;
}

/** First the target fails partly, in the two ways that are easy to get wrong; then wholly, in the three possible ways. */
export const ACTS: readonly Act[] = [
  {
    fault: { kind: "throttle-entries", probability: 0.3 },
    lastsMs: 3_000,
    title: "the target throttles 3 entries in 10",
    away: false,
  },
  {
    fault: { kind: "drop-answer", probability: 0.3 },
    lastsMs: 3_000,
    title: "3 answers in 10 get lost: what they acknowledged may come twice",
    away: false,
  },
  { fault: { kind: "unavailable" }, lastsMs: 6_000, title: "the target is away: it answers 503", away: true },
  {
    fault: { kind: "hang" },
    lastsMs: 5_000,
    title: "the target is away: it takes requests and never answers",
    away: true,
  },
  { fault: { kind: "refuse" }, lastsMs: 5_000, title: "the target is away: it refuses connections", away: true },
];

/** When the target was tampered with. Epoch milliseconds. */
export interface Outage {
  readonly firstFaultAtMs: number;
  readonly backAtMs: number;
  /** How long nothing got through. */
  readonly awayMs: number;
}

export interface OutageOptions {
  readonly acts: readonly Act[];
  readonly proxy: Pick<FaultProxy, "setFault">;
  readonly onAct: (act: Act) => void;
  readonly signal: AbortSignal;
}

/** Plays the acts one after another, then restores the target. */
export async function playOutage({ acts, proxy, onAct, signal }: OutageOptions): Promise<Outage> {
  const firstFaultAtMs = Date.now();
  for (const act of acts) {
    onAct(act);
    await proxy.setFault(act.fault);
    await sleep(act.lastsMs, undefined, { signal });
  }
  await proxy.setFault({ kind: "pass" });
  const awayMs = acts.reduce((sum, { away, lastsMs }) => sum + (away ? lastsMs : 0), 0);
  return { firstFaultAtMs, backAtMs: Date.now(), awayMs };
}
