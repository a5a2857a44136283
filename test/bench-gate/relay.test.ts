import { beforeAll, expect, it } from "vitest";
import { harness } from "../../bench/bench.ts";
import { floorContender, relayContender, WARM_UP_ROUNDS } from "../../bench/contenders.ts";
import { placement } from "../../bench/cores.ts";
import { comparison, type Standings } from "../../bench/report/comparison.ts";
import { summaryOf } from "../../bench/report/statistics.ts";

const ROUNDS = 5;
/** For 1,000 events: ten events per call, and not one call more. */
const PUT_EVENTS = 100;
/**
 * Calls of twenty-five make 40. Events that are left over when no other call is under way go in smaller calls: 45 to 47 were
 * seen.
 */
const MOST_BATCH_WRITES = 60;
/** One check when half of the places for pending deletes are taken, and one after the last acknowledgement: 2 were seen. */
const MOST_CHECKS = 3;
/** 6 to 10 were seen, on an idle machine and on a busy one. One event per call, or one delete per event, is beyond 30. */
const MOST_CPU_OF_THE_FLOOR = 16;

let standings: Standings;
const relay = () => standings.of("relay");

beforeAll(async () => {
  const interruption = new AbortController();
  const options = { rounds: ROUNDS, placement: placement(), signal: interruption.signal, progress: () => undefined };
  const shop = await harness(options);
  try {
    standings = await shop.with("gate", async (bench) => {
      const contenders = [floorContender, await relayContender(bench, "relay")];
      return comparison(bench, { contenders, rounds: ROUNDS, warmUpRounds: WARM_UP_ROUNDS });
    });
  } finally {
    await shop.close();
  }
});

it("publishes 1,000 events in full calls", () => {
  expect(relay().map(({ calls }) => calls["PutEvents"])).toEqual(Array.from({ length: ROUNDS }, () => PUT_EVENTS));
});

it("deletes their rows in nearly full calls, and no row by itself", () => {
  for (const { calls } of relay()) {
    expect(calls["BatchWriteItem"]).toBeLessThanOrEqual(MOST_BATCH_WRITES);
    expect(calls["DeleteItem"] ?? 0).toBe(0);
  }
});

it("checks whether the bus exists after 500 acknowledgements and after the last one, and not for each call", () => {
  for (const { calls } of relay()) expect(calls["DescribeEventBus"]).toBeLessThanOrEqual(MOST_CHECKS);
});

it("takes no more than its share of CPU beside the same calls by bare HTTP", () => {
  const floor = standings.of(floorContender.name);
  const { median } = summaryOf(relay().map(({ cpuMs }, round) => cpuMs / (floor[round]?.cpuMs ?? Number.NaN)));
  expect(median).toBeLessThan(MOST_CPU_OF_THE_FLOOR);
});
