import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../setup/eventually.ts";
import { Harness } from "./harness/harness.ts";
import { SWEPT_AFTER_SECONDS } from "./harness/local-stack.ts";

const OLD = { ageSeconds: SWEPT_AFTER_SECONDS + 10 };

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.open("LostRecordsTest");
});

afterAll(() => harness.close());
beforeEach(() => harness.reset());

async function expectOnce(ids: readonly string[]): Promise<void> {
  await harness.untilRecovered(ids);
  expect(harness.copiesOf(ids).filter((copies) => copies !== 1)).toEqual([]);
}

/** The records for which the mapping sent messages. A message holds stream positions, not events. */
async function recordsGivenUp(): Promise<number> {
  const messages = await harness.peekDeadLetters();
  return messages.reduce((sum, { body }) => sum + Number(JSON.parse(body).DDBStreamBatchInfo.batchSize), 0);
}

/** Writes events whose records the mapping gives up, because the relay fails for too long. */
function givenUp(): Promise<readonly string[]> {
  return harness.mapping.whileDiscardingAfter(1, async () => {
    const ids = await harness.outbox.write(50, OLD);
    await eventually(
      "the dead-letter queue has the positions of all records, and nothing else",
      async () => (await recordsGivenUp()) >= ids.length,
      async () => `It has those of ${await recordsGivenUp()}.`,
    );
    return ids;
  });
}

describe("the sweep delivers rows", () => {
  it("whose stream records were lost while the mapping was disabled", async () => {
    await harness.mapping.switch(false);
    const lost = await harness.outbox.write(300, OLD);
    await harness.mapping.remake("LATEST");
    // Events that are written from here on reach the relay again; those written before do not.
    const brought = await harness.outbox.write(10);
    await harness.untilDelivered(brought);
    expect(await harness.countDeadLetters()).toBe(0);
    await expectOnce([...lost, ...brought]);
  });

  it("whose stream records the mapping gave up, with the relay refusing to start", async () => {
    const ids = await harness.whileLacking("relay", "OUTBOX_TABLE_NAME", async () => {
      expect(await harness.invokeRelay({ Records: [] })).toMatchObject({
        kind: "failed",
        error: expect.stringContaining("The environment variable OUTBOX_TABLE_NAME is not set"),
      });
      return harness.withoutRequeuer(givenUp);
    });
    await expectOnce(ids);
  });

  it("whose dead-letter messages were purged in the middle of an outage, after the writers had stopped", async () => {
    await harness.proxy.setFault({ kind: "unavailable" });
    const ids = await harness.outbox.write(200, OLD);
    await harness.untilParked(ids);
    await harness.withoutRequeuer(() => harness.purgeDeadLetters());
    expect(await harness.countDeadLetters()).toBe(0);
    // The outage goes on. A run during it finds no message, and makes none.
    await harness.requeue();
    expect(await harness.countDeadLetters()).toBe(0);
    expect(await harness.countRows()).toBe(200);

    await harness.proxy.setFault({ kind: "pass" });
    await expectOnce(ids);
  });
});
