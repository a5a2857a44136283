import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  archiveKey,
  hourPrefix,
  type ObjectName,
  readArchiveKey,
  relayPrefix,
} from "../../../lib/contract/archive/archive-key.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE_36 = "0123456789abcdefghijklmnopqrstuvwxyz";

const NAME: ObjectName = {
  relayName: "orders-relay",
  writtenAtMs: Date.parse("2026-11-29T14:59:59.123Z"),
  process: "1k2j3",
  number: 7,
};
const KEY = "relay=orders-relay/date=2026-11-29/hour=14/20261129T145959123Z-1k2j3-7.ndjson.gz";

const objectName: fc.Arbitrary<ObjectName> = fc.record({
  relayName: fc.string({ minLength: 1, maxLength: 128, unit: fc.constantFrom(...`${ALPHABET}0123456789-_`) }),
  writtenAtMs: fc.integer({ min: 0, max: Date.parse("9999-12-31T23:59:59.999Z") }),
  process: fc.string({ minLength: 1, maxLength: 10, unit: fc.constantFrom(...BASE_36) }),
  number: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
});

describe("the key of an archive's object", () => {
  it("names relay, day and hour as partitions, then moment, process and number", () => {
    expect(archiveKey(NAME)).toBe(KEY);
    expect(readArchiveKey(KEY)).toEqual(NAME);
  });

  it("is read as it was made, whatever relay and process are called", () => {
    fc.assert(
      fc.property(objectName, (name) => {
        const key = archiveKey(name);
        expect(readArchiveKey(key)).toEqual(name);
        expect(key.startsWith(hourPrefix(name.relayName, name.writtenAtMs))).toBe(true);
        expect(key.startsWith(relayPrefix(name.relayName))).toBe(true);
        // What S3, a shell and a URL take as it is, but for the equals sign.
        expect(key).toMatch(/^[\w=/.-]+$/);
      }),
    );
  });

  it("sorts by time within a relay's objects of one process", () => {
    const later = (ms: number) => archiveKey({ ...NAME, writtenAtMs: NAME.writtenAtMs + ms });
    const inOrder = [0, 1, 877, 60_000, 3_600_000, 86_400_000, 40 * 86_400_000, 400 * 86_400_000].map(later);
    expect(inOrder.toSorted()).toEqual(inOrder);
  });

  it("is of the hour in UTC: one millisecond parts two of them", () => {
    const midnight = Date.parse("2027-01-01T00:00:00Z");
    expect(hourPrefix("r", midnight - 1)).toBe("relay=r/date=2026-12-31/hour=23/");
    expect(hourPrefix("r", midnight)).toBe("relay=r/date=2027-01-01/hour=00/");
  });

  it("begins with no other relay's prefix, however alike their names are", () => {
    const ofOthers = ["orders", "orders-relay-2", "orders-rela", "ORDERS-RELAY"].map(relayPrefix);
    expect(ofOthers.filter((prefix) => KEY.startsWith(prefix))).toEqual([]);
  });

  it("has a time that can be written, wherever a clock has gone", () => {
    for (const [writtenAtMs, begin] of [
      [-1, "relay=r/date=1970-01-01/hour=00/19700101T000000000Z-"],
      [Number.MAX_SAFE_INTEGER, "relay=r/date=9999-12-31/hour=23/99991231T235959999Z-"],
    ] as const) {
      const key = archiveKey({ ...NAME, relayName: "r", writtenAtMs });
      expect(key.startsWith(begin), key).toBe(true);
      expect(readArchiveKey(key)).toBeDefined();
    }
  });

  it.each([
    ["nothing", ""],
    ["a file of somebody else", "readme.txt"],
    ["the folder itself", "relay=orders-relay/date=2026-11-29/hour=14/"],
    ["another folder before it", `copies/${KEY}`],
    ["more behind it", `${KEY}.tmp`],
    ["a line end behind it", `${KEY}\n`],
    ["another ending", KEY.replace(".gz", ".zst")],
    ["no relay", KEY.replace("orders-relay", "")],
    ["a relay with a slash", KEY.replace("orders-relay", "orders/relay")],
    ["a relay's name too long for one", KEY.replace("orders-relay", "x".repeat(129))],
    ["another day than the file's", KEY.replace("date=2026-11-29", "date=2026-11-28")],
    ["another hour than the file's", KEY.replace("hour=14", "hour=15")],
    ["a day that never was", KEY.replace("2026-11-29", "2026-11-31").replace("20261129", "20261131")],
    ["an hour that no day has", KEY.replace("hour=14", "hour=24").replace("T14", "T24")],
    ["a process in capitals", KEY.replace("1k2j3", "1K2J3")],
    ["no process", KEY.replace("-1k2j3", "")],
    ["the number 0", KEY.replace("-7.", "-0.")],
    ["a number with zeros before it", KEY.replace("-7.", "-07.")],
    ["a number that no process reaches", KEY.replace("-7.", "-9007199254740993.")],
  ])("is not one that has %s", (_what, key) => {
    expect(readArchiveKey(key)).toBeUndefined();
  });
});
