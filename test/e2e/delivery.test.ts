import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
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
});
