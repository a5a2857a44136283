import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { outboxRow } from "../../dev/demo/orders.ts";
import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { emfSamples } from "../../lib/cloudwatch/emf.ts";
import { ENVIRONMENT } from "../../lib/contract/deployment/environment.ts";
import type { MetricName } from "../../lib/contract/telemetry/metrics.ts";
import { type Invoked, invokeInProcess } from "./harness/function-process.ts";
import { Harness } from "./harness/harness.ts";
import { SWEPT_AFTER_SECONDS } from "./harness/local-stack.ts";
import type { Row } from "./harness/outbox.ts";
import { QUEUE_MESSAGES, ServiceProxy, TABLE_DELETES, TABLE_MARKS, TABLE_READS } from "./harness/service-proxy.ts";
import { streamBatch } from "./harness/stream.ts";

/** Old enough for the sweep, whose minimum age is longer than a test may take. */
const OLD_MS = (SWEPT_AFTER_SECONDS + 10) * 1_000;
/** The time left that functions are told. The relay publishes until 6 s before its end, the requeuer until 8 s before. */
const RELAY_MS = 12_000;
const REQUEUER_MS = 30_000;
/** A fresh record, whose row is not read again, however long the process takes to start. */
const FRESH_SECONDS = -60;
const ROWS = 60;

const QUEUE = [...QUEUE_MESSAGES, "GetQueueAttributes"];

let harness: Harness;
let services: ServiceProxy;

beforeAll(async () => {
  harness = await Harness.open("HangingTest");
  services = await ServiceProxy.start({ upstream: harness.clients.endpoint, random: seededRandom(1) });
});

afterAll(async () => {
  await harness.close();
  await services.close();
});
beforeEach(() => harness.reset());
afterEach(() => services.setFaults());

/** While the work goes on, these operations take calls and never answer. */
async function whileHanging<Result>(operations: readonly string[], work: () => Promise<Result>): Promise<Result> {
  services.struck.clear();
  services.setFaults({ kind: "hang", operations });
  const result = await work();
  expect(services.struck.size).toBeGreaterThan(0);
  services.setFaults();
  return result;
}

/** Rows that the stream brings to nobody, and that no run of the deployed requeuer finds while the work goes on. */
async function withUnseenRows<Result>(work: (rows: readonly Row[]) => Promise<Result>): Promise<Result> {
  await harness.mapping.switch(false);
  const writtenAt = new Date(Date.now() - OLD_MS);
  const rows = Array.from({ length: ROWS }, (_unused, number) => outboxRow(randomUUID(), writtenAt, { number }));
  return harness.withoutRequeuer(async () => {
    for (const row of rows) await harness.outbox.put(row);
    return work(rows);
  });
}

const idsOf = (rows: readonly Row[]): readonly string[] => rows.map(({ id }) => id?.S ?? "");

/** One run of the relay, with records of rows that nobody else finds meanwhile. */
async function relayWhileHanging(operations: readonly string[], ageSeconds = FRESH_SECONDS) {
  const variables = await harness.variablesThrough(services.port, "relay");
  return withUnseenRows(async (rows) => {
    const asked = { role: "relay", variables, event: streamBatch(rows, ageSeconds), remainingMs: RELAY_MS } as const;
    return { rows, run: await whileHanging(operations, () => invokeInProcess(asked)) };
  });
}

/** One run of the requeuer over rows that only it can find. The deployed one does not start meanwhile. */
async function requeueWhileHanging(operations: readonly string[]) {
  const variables = await harness.variablesThrough(services.port, "requeuer");
  return harness.whileLacking("requeuer", ENVIRONMENT.tableName, async () => {
    const rows = await withUnseenRows(async (written) => written);
    const asked = { role: "requeuer", variables, event: {}, remainingMs: REQUEUER_MS } as const;
    return { rows, run: await whileHanging(operations, () => invokeInProcess(asked)) };
  });
}

/** The sum of a metric over one run. */
function told({ lines }: Invoked, name: MetricName): number {
  const samples = lines.flatMap((line) => emfSamples(line, 0)).filter(({ metric }) => metric.name === name);
  return samples.flatMap(({ values }) => values).reduce((sum, value) => sum + value, 0);
}

const DONE = { batchItemFailures: [] };

/** Nothing is lost, nothing is left, and each of these events came this often. */
async function expectRecovered(rows: readonly Row[], copies: number): Promise<void> {
  await harness.untilRecovered(idsOf(rows));
  expect(new Set(harness.copiesOf(idsOf(rows)))).toEqual(new Set([copies]));
}

/**
 * The emulator never hangs, so a proxy stands before its table and its queue. The functions run in processes that have a
 * deadline.
 */
describe("the relay answers by its deadline", () => {
  it("while deletes hang: it owes the rows of what it published, tells so, and they come once more at most", async () => {
    const { rows, run } = await relayWhileHanging(TABLE_DELETES);
    expect(run).toMatchObject({ answer: DONE });
    expect(run.tookMs).toBeLessThan(RELAY_MS);
    expect(told(run, "EventsPublished")).toBe(ROWS);
    expect(told(run, "DuplicatesPossible")).toBe(ROWS);
    await expectRecovered(rows, 2);
  });

  it("while the queue hangs and the target is away: nothing is brought again, and the sweep delivers it once", async () => {
    await harness.proxy.setFault({ kind: "unavailable" });
    const { rows, run } = await relayWhileHanging(QUEUE);
    expect(run).toMatchObject({ answer: DONE });
    expect(run.tookMs).toBeLessThan(RELAY_MS);
    expect(told(run, "ParkFailures")).toBe(ROWS);
    await harness.proxy.setFault({ kind: "pass" });
    await expectRecovered(rows, 1);
  });

  it("while reads hang: it publishes nothing, and has all of it brought again", async () => {
    const { rows, run } = await relayWhileHanging(TABLE_READS, OLD_MS / 1_000);
    expect(run).toMatchObject({ answer: { batchItemFailures: [{ itemIdentifier: "100000" }] } });
    expect(run.tookMs).toBeLessThan(RELAY_MS);
    await expectRecovered(rows, 1);
  });

  it("while table and queue hang altogether, and the target refuses some", async () => {
    await harness.proxy.setFault({ kind: "fail-entries", probability: 0.5, code: "MalformedDetail" });
    const { rows, run } = await relayWhileHanging([...TABLE_READS, ...TABLE_DELETES, ...TABLE_MARKS, ...QUEUE]);
    expect(run).toMatchObject({ answer: DONE });
    expect(run.tookMs).toBeLessThan(RELAY_MS);
    const published = told(run, "EventsPublished");
    expect(published).toBeGreaterThan(0);
    expect(published + told(run, "ParkFailures")).toBe(ROWS);
    await harness.proxy.setFault({ kind: "pass" });
    await harness.untilRecovered(idsOf(rows));
    const copies = harness.copiesOf(idsOf(rows));
    expect(copies.filter((count) => count === 2)).toHaveLength(published);
    expect(copies.filter((count) => count > 2)).toEqual([]);
  });
});

describe("a run of the requeuer ends by its deadline, with its heartbeat", () => {
  it.each([
    ["reads hang: it delivers nothing", TABLE_READS, 0, 1],
    ["the queue hangs: it sweeps all the same", QUEUE, ROWS, 1],
    ["deletes hang: what it delivered comes once more at most", TABLE_DELETES, ROWS, 2],
  ])("while %s", async (_what, operations, published, copies) => {
    const { rows, run } = await requeueWhileHanging(operations);
    expect(run.error).toBeUndefined();
    expect(run.tookMs).toBeLessThan(REQUEUER_MS);
    expect(told(run, "RequeuerHeartbeat")).toBe(1);
    expect(told(run, "EventsPublished")).toBe(published);
    await expectRecovered(rows, copies);
  });
});

describe("behind a table and a queue of which one call in twenty hangs", () => {
  it("relay and requeuer lose nothing, and nothing comes again without a cause", async () => {
    const ids = await harness.whileFunctionsCall(services.port, async () => {
      services.setFaults({
        kind: "hang",
        share: 0.05,
        operations: [...TABLE_READS, ...TABLE_DELETES, ...TABLE_MARKS, ...QUEUE],
      });
      const written = await harness.outbox.write(300);
      await harness.untilDelivered(written);
      await harness.proxy.setFault({ kind: "unavailable" });
      const parked = await harness.outbox.write(50);
      await harness.untilParked(parked);
      await harness.proxy.setFault({ kind: "pass" });
      await harness.requeueWhile(harness.untilDelivered(parked));
      return [...written, ...parked];
    });
    await harness.untilRecovered(ids);
    expect(harness.duplicates(ids)).toMatchObject({ unexplained: 0, publishedAgain: 0 });
    expect([...services.struck.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  });
});
