import { describe, expect, it } from "vitest";
import { isOwn, readEventTypes } from "../../../lib/contract/settings/event-types.ts";
import { itemOf } from "../../aws/fixtures.ts";

const typed = (type: string) => itemOf({ type });
const { type: _type, ...withoutType } = itemOf();

describe("a relay for some event types", () => {
  it("owns the types it names, and those that begin as it says", () => {
    const eventTypes = { only: ["order.placed", "parcel.*"] };
    const own = ["order.placed", "parcel.sent", "parcel."].map((type) => isOwn(typed(type), eventTypes));
    expect(own).toEqual([true, true, true]);
    const foreign = ["order.placed2", "order", "Parcel.sent", "parcel"].map((type) => isOwn(typed(type), eventTypes));
    expect(foreign).toEqual([false, false, false, false]);
  });

  it("leaves a row whose type cannot be read to the relay that says except", () => {
    for (const item of [withoutType, { ...withoutType, type: { N: "7" } }]) {
      expect(isOwn(item, { only: ["order.*"] })).toBe(false);
      expect(isOwn(item, { except: ["order.*"] })).toBe(true);
    }
  });

  it("shares every row with the one that says except, so that each has one owner", () => {
    const types = ["order.placed", "parcel.*"];
    for (const type of ["order.placed", "order.paid", "parcel.sent", "*"]) {
      expect(isOwn(typed(type), { only: types })).not.toBe(isOwn(typed(type), { except: types }));
    }
  });

  it("owns everything where nothing is said", () => {
    expect(isOwn(withoutType, undefined)).toBe(true);
  });
});

describe("the setting", () => {
  it.each([{ only: ["order.*"] }, { except: ["a", "b.*"] }, { only: ["Order Placed"] }])("takes %j", (value) => {
    expect(readEventTypes("eventTypes", value)).toEqual(value);
  });

  it.each([
    [{}, "eventTypes is {}: it must hold either only or except"],
    [{ only: ["a"], except: ["b"] }, "it must hold either only or except"],
    [{ only: [] }, "eventTypes.only is []: it must be a list of one or more event types"],
    [{ only: "a" }, 'eventTypes.only is "a": it must be a list'],
    [{ except: ["a", ""] }, 'eventTypes.except[1] is "": it must be a string'],
    [{ only: ["*"] }, 'eventTypes.only[0] is "*": a * may only stand at the end'],
    [{ only: ["a*b"] }, 'eventTypes.only[0] is "a*b": a * may only stand at the end'],
    [{ only: [" "] }, 'eventTypes.only[0] is " ": a type is not blank, and has no control characters'],
    [{ only: ["\t*"] }, "eventTypes.only[0] is"],
    [{ except: ["a\u0000b"] }, "eventTypes.except[0] is"],
    [{ only: ["a", "b", "a"] }, 'eventTypes.only[2] is "a": a in the same list covers it: leave it out'],
    [{ only: ["a*", "ab"] }, 'eventTypes.only[1] is "ab": a* in the same list covers it'],
    [{ except: ["a.b.*", "a.*"] }, 'eventTypes.except[0] is "a.b.*": a.* in the same list covers it'],
    [{ types: ["a"] }, "eventTypes.types is"],
  ])("refuses %j", (value, message) => {
    expect(() => readEventTypes("eventTypes", value)).toThrow(message);
  });
});
