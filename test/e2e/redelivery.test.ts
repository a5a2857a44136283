import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { outboxRow } from "../../dev/demo/orders.ts";
import { Harness } from "./harness/harness.ts";
import type { Row } from "./harness/outbox.ts";
import { streamBatch } from "./harness/stream.ts";

/** If a record is older than this, the relay reads its row before it publishes. */
const OLD_SECONDS = 60;
const DONE = { kind: "returned", result: { batchItemFailures: [] } };

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.open("RedeliveryTest");
});

afterAll(() => harness.close());
beforeEach(() => harness.reset());

const rowsOf = (count: number): readonly Row[] =>
  Array.from({ length: count }, (_unused, number) => outboxRow(randomUUID(), new Date(), { number }));
const idsOf = (rows: readonly Row[]): readonly string[] => rows.map(({ id }) => id?.S ?? "");
const copiesOtherThanOne = (rows: readonly Row[]) => harness.copiesOf(idsOf(rows)).filter((copies) => copies !== 1);
const callsToTheTarget = () => harness.proxy.counts.requests.pass;

/** Puts rows that the stream brings to nobody. These tests pass the records to the relay themselves. */
async function putUnnoticed(rows: readonly Row[]): Promise<void> {
  await harness.mapping.switch(false);
  await Promise.all(rows.map((row) => harness.outbox.put(row)));
}

describe("a batch that the stream brings again", () => {
  it("publishes nothing when all of it was delivered", async () => {
    const rows = rowsOf(250);
    await putUnnoticed(rows);
    expect(await harness.invokeRelay(streamBatch(rows))).toEqual(DONE);
    await harness.untilDelivered(idsOf(rows));
    await harness.untilEmpty();

    const calls = callsToTheTarget();
    expect(await harness.invokeRelay(streamBatch(rows, OLD_SECONDS))).toEqual(DONE);
    expect(callsToTheTarget()).toBe(calls);
    expect(copiesOtherThanOne(rows)).toEqual([]);
  });

  it("publishes the rest of a batch that was delivered in part", async () => {
    const rows = rowsOf(100);
    await putUnnoticed(rows);
    expect(await harness.invokeRelay(streamBatch(rows.slice(0, 60)))).toEqual(DONE);
    expect(await harness.countRows()).toBe(40);
    expect(await harness.invokeRelay(streamBatch(rows, OLD_SECONDS))).toEqual(DONE);
    await harness.untilDelivered(idsOf(rows));
    await harness.untilEmpty();
    expect(copiesOtherThanOne(rows)).toEqual([]);
  });

  it("publishes a record once that is in the batch twice", async () => {
    const rows = rowsOf(20);
    await putUnnoticed(rows);
    expect(await harness.invokeRelay(streamBatch([...rows, ...rows]))).toEqual(DONE);
    await harness.untilDelivered(idsOf(rows));
    await harness.untilEmpty();
    expect(copiesOtherThanOne(rows)).toEqual([]);
  });
});
