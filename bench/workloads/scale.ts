import { summaryOf } from "../report/statistics.ts";
import type { ScaleOptions, ScaleResult } from "../simulated/scale.ts";
import type { SimulationOrder } from "../simulated/simulation-process.ts";
import { TARGET_MS } from "../stubs/stub-server.ts";
import type { Row, Workload } from "../workload.ts";
import { SHARD_EVENTS_PER_SECOND } from "./catch-up.ts";

const SHARDS = [8, 64];
/** More load than one relay delivers, so that each is at its limit, and long enough that the start hardly counts. */
const OFFERED_A_SHARD = 9_000;
const SHARD_SECONDS = 2;
const KEYS = [1, 10, 100, 1_000, 10_000];
const KEY_SECONDS = 60;
const GOAL = { atLeast: 0.95 };

const shardsOf = (shards: number): ScaleOptions => ({
  shards,
  keys: 0,
  eventsPerSecond: OFFERED_A_SHARD,
  seconds: SHARD_SECONDS,
});

/**
 * Simulated time, since no machine here can run 64 relays: it shows the cost of the protocol and of shared quotas, not
 * of CPU.
 */
export const scale: Workload = {
  name: "scale",
  about:
    "From one shard to 64, and from one ordering key to 10,000, beside so many times one: simulated time, the real relay.",
  async run(bench) {
    const program = await bench.program("simulated/simulation-process.ts");
    const child = bench.start(program, { core: "client" });
    const delivered = async (options: ScaleOptions) => {
      child.send({ kind: "scale", options } satisfies SimulationOrder);
      return (await child.next<ScaleResult>()).deliveredPerSecond;
    };
    const row = (name: string, ours: number, ideal: number, against: string, note?: string): Row => ({
      name,
      unit: "events/s",
      ours: summaryOf([ours]),
      against: { name: against, value: summaryOf([ideal]) },
      ratio: summaryOf([ours / ideal]),
      goal: GOAL,
      ...(note !== undefined && { note }),
    });

    const rows: Row[] = [];
    bench.progress("One shard");
    const one = await delivered(shardsOf(1));
    for (const shards of SHARDS) {
      bench.progress(`${shards} shards`);
      const ours = await delivered(shardsOf(shards));
      const note = `Simulated: one shard delivers ${Math.round(one).toLocaleString("en-US")} a second; all share EventBridge's 50 looks a second.`;
      rows.push(row(`scale, ${shards} shards`, ours, one * shards, `${shards} times one shard`, note));
    }
    for (const keys of KEYS) {
      bench.progress(`${keys} keys`);
      const options = { shards: 1, keys, eventsPerSecond: SHARD_EVENTS_PER_SECOND, seconds: KEY_SECONDS };
      const ideal = Math.min(SHARD_EVENTS_PER_SECOND, (keys * 1_000) / TARGET_MS);
      const name = `scale, ${keys.toLocaleString("en-US")} ${keys === 1 ? "key" : "keys"}`;
      const note =
        keys === 1
          ? `Simulated: per key, keys in turn; one event of a key every ${TARGET_MS} ms, until the shard's 1,000 a second.`
          : undefined;
      rows.push(row(name, await delivered(options), ideal, "as many key groups, one event each round trip", note));
    }
    return rows;
  },
};
