import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { outboxRow } from "../../dev/demo/orders.ts";
import { Harness } from "./harness/harness.ts";

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.open("DeliveryTest");
});

afterAll(() => harness.close());
beforeEach(() => harness.reset());

describe("the deployed relay", () => {
  it("delivers 1,000 events written in transactions once each, and leaves the table empty", async () => {
    const ids = await harness.outbox.write(1_000);
    await harness.untilDelivered(ids);
    await harness.untilEmpty();
    expect(harness.copiesOf(ids).filter((copies) => copies !== 1)).toEqual([]);
  });

  it("hears from the stream of rows beside the lease's place, which its mapping leaves out", async () => {
    // Both rows break the contract of a relay that keeps order, so it parks those that the stream brings.
    const ids = [randomUUID(), randomUUID()] as const;
    const [atLeasePartition, atParkedPlace] = ids;
    await harness.withoutRequeuer(async () => {
      const now = new Date();
      const partition = { pk: { S: `_requeuer#${atLeasePartition}` } };
      await harness.outbox.put({ ...outboxRow(atLeasePartition, now, { number: 1 }), ...partition });
      await harness.outbox.put({ ...outboxRow(atParkedPlace, now, { number: 2 }), sk: { N: "0" } });
      await harness.untilParked(ids);
    });
  });
});
