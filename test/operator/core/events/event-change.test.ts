import { describe, expect, it } from "vitest";
import { eventChanges } from "../../../../lib/operator/core/events/event-change.ts";

const keys = { pk: { S: "e1" }, sk: { N: "1" } };
const image = { ...keys, id: { S: "e1" }, type: { S: "order.placed" } };
const parked = { ...image, _attempts: { N: "1" }, _notBefore: { N: "9" }, _reason: { S: "permanent: X: no" } };

describe("what a change of the table means", () => {
  it("tells an event's way from write to delivery", () => {
    const read = eventChanges();
    expect(read({ kind: "INSERT", keys, image })).toMatchObject({ what: "written", id: "e1", type: "order.placed" });
    expect(read({ kind: "REMOVE", keys })).toMatchObject({ what: "delivered", id: "e1", type: "order.placed" });
  });

  it("tells one that was parked from one that was not", () => {
    const read = eventChanges();
    read({ kind: "INSERT", keys, image });
    expect(read({ kind: "MODIFY", keys, image: parked })).toMatchObject({ what: "parked", why: "permanent: X: no" });
    const { _notBefore: _lifted, ...due } = parked;
    expect(read({ kind: "MODIFY", keys, image: due })).toMatchObject({ what: "retried" });
    expect(read({ kind: "REMOVE", keys })).toMatchObject({ what: "requeued" });
  });

  it("calls no row delivered that a command took out, or that DynamoDB removed", () => {
    const read = eventChanges();
    read({ kind: "MODIFY", keys, image: { ...parked, _heldBy: { S: "act-1" } } });
    expect(read({ kind: "REMOVE", keys })).toMatchObject({ what: "set aside", id: "e1" });
    read({ kind: "INSERT", keys, image });
    expect(read({ kind: "REMOVE", keys, expired: true })).toMatchObject({ what: "expired", id: "e1" });
  });

  it("names a row that was there before it looked by its key", () => {
    expect(eventChanges()({ kind: "REMOVE", keys })).toMatchObject({ what: "delivered", id: "e1" });
  });

  it("takes an event for one whatever its key: under _, and at the place of parked-key records", () => {
    const read = eventChanges();
    for (const [pk, sk] of [
      ["_V1St", "1"],
      ["_requeuer#r", "1"],
      ["k", "0"],
      ["k", "-1.5"],
    ] as const) {
      const key = { pk: { S: pk }, sk: { N: sk } };
      expect(read({ kind: "INSERT", keys: key, image: { ...image, ...key } })).toMatchObject({ what: "written" });
      expect(read({ kind: "REMOVE", keys: key })).toMatchObject({ what: "delivered", id: "e1", key: { pk, sk } });
    }
  });

  it("tells of keys that are parked and freed, and not of the relay's bookkeeping", () => {
    const read = eventChanges();
    const parkedKey = { pk: { S: "k" }, sk: { N: "0" } };
    expect(
      read({ kind: "INSERT", keys: parkedKey, image: { ...parkedKey, _ver: { N: "1" }, reason: { S: "why" } } }),
    ).toMatchObject({
      what: "key parked",
      why: "why",
    });
    expect(read({ kind: "MODIFY", keys: parkedKey, image: { ...parkedKey, _ver: { N: "2" } } })).toBeUndefined();
    expect(read({ kind: "REMOVE", keys: parkedKey })).toMatchObject({ what: "key freed" });
    expect(read({ kind: "INSERT", keys: { pk: { S: "_requeuer#r" }, sk: { N: "0" } } })).toBeUndefined();
  });
});
