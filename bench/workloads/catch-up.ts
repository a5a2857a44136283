import { relayContender } from "../contenders.ts";
import { comparison } from "../report/comparison.ts";
import { summaryOf } from "../report/statistics.ts";
import { RECORDS } from "../rows.ts";
import type { Workload } from "../workload.ts";

const BACKLOG = 100_000;
/** A record older than a few seconds may already be delivered, so the relay reads its row first. */
const AGE_MS = 60_000;
const WARM_UP_ROUNDS = 5;
/** A shard's limit: a partition of the table takes 1,000 write units a second, and an event needs at least one. */
export const SHARD_EVENTS_PER_SECOND = 1_000;

/** For outages too short to open the breaker, or a disabled mapping: all records come through the stream. */
export const catchUp: Workload = {
  name: "catch-up",
  about:
    "A hundred thousand records after an outage, batch after batch through one relay, beside what a shard can take in.",
  async run(bench) {
    const relay = await relayContender(bench, "relay", {}, { OUTBOX_BENCH_AGE_MS: String(AGE_MS) });
    const rounds = BACKLOG / RECORDS;
    const standings = await comparison(bench, { contenders: [relay], rounds, warmUpRounds: WARM_UP_ROUNDS });
    const done = standings.of(relay.name);
    const rates = done.map(({ events, ms }) => (events * 1_000) / ms);
    return [
      {
        name: "catch-up",
        unit: "events/s",
        ours: summaryOf(rates),
        against: { name: "what a shard can take in", value: summaryOf([SHARD_EVENTS_PER_SECOND]) },
        ratio: summaryOf(rates.map((rate) => rate / SHARD_EVENTS_PER_SECOND)),
        goal: { atLeast: 5 },
        cpuMicrosPerEvent: { ours: summaryOf(done.map(({ cpuMs, events }) => (1_000 * cpuMs) / events)).median },
        stubHeadroom: standings.stubHeadroom,
        note: `${rounds} batches of ${RECORDS.toLocaleString("en-US")} records, ${AGE_MS / 1_000} s old, so each row is read first; one core.`,
      },
    ];
  },
};
