import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTime, timeOf } from "../../../lib/contract/codec/rfc-3339.ts";

const schema = JSON.parse(readFileSync(new URL("../../../schema/outbox-item.schema.json", import.meta.url), "utf8"));
const PATTERN = new RegExp(schema.$defs.time.properties.S.pattern);
const SEED = 14;

describe("a time", () => {
  it.each([
    ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31t12:00:00z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.123Z"],
    ["2026-01-31T00:30:00+02:00", "2026-01-30T22:30:00.000Z"],
    ["2026-01-31T23:30:00-08:15", "2026-02-01T07:45:00.000Z"],
    ["2026-01-31T12:00:00-00:00", "2026-01-31T12:00:00.000Z"],
    ["2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
    // The following second, whatever its fraction: a computer's clock knows no leap second.
    ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
    ["2016-12-31T23:59:60.999Z", "2017-01-01T00:00:00.000Z"],
    ["2017-01-01T08:59:60+09:00", "2017-01-01T00:00:00.000Z"],
  ])("%s is an instant", (text, instant) => {
    expect(timeOf(text)).toBe(Date.parse(instant));
  });

  it.each([
    ...["2026-02-30T12:00:00Z", "2026-02-29T12:00:00Z", "2026-04-31T12:00:00Z", "1900-02-29T00:00:00Z"],
    ...["2026-01-31T24:00:00Z", "2026-01-31T12:00:60Z", "2016-12-31T23:58:60Z", "2016-12-31T23:59:60+01:00"],
  ])("%s has never been, and is a time all the same", (text) => {
    expect(readTime(text)).toEqual({});
  });

  it.each([
    ...["", "yesterday", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31 12:00:00Z", "2026-13-01T12:00:00Z"],
    ...["2026-00-10T12:00:00Z", "2026-01-00T12:00:00Z", "2026-01-32T12:00:00Z", "2026-01-31T25:00:00Z"],
    ...["2026-01-31T24:00:01Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:61Z", "2026-01-31T12:00:00+24:00"],
    ...["2026-01-31T12:00:00.Z", "2026-01-31T12:00:00Z\n", "+002026-01-31T12:00:00Z", "1769860800000"],
  ])("%j is none", (text) => {
    expect(readTime(text)).toBeUndefined();
  });

  it("is the instant that JavaScript wrote, at any offset", () => {
    const instant = fc.date({ min: new Date("0001-01-02"), max: new Date("9999-12-30"), noInvalidDate: true });
    fc.assert(
      fc.property(instant, fc.integer({ min: -1_439, max: 1_439 }), (date, offset) => {
        const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
        const zone = [hours, minutes].map((part) => String(part).padStart(2, "0")).join(":");
        const text = `${local}${offset < 0 ? "-" : "+"}${zone}`;
        expect(timeOf(text)).toBe(date.getTime());
        expect(text).toMatch(PATTERN);
      }),
      { seed: SEED },
    );
  });

  it("that is an instant is one to the schema too, and what the schema takes is a time to the relay", () => {
    const two = (max: number) => fc.nat({ max }).map((part) => String(part).padStart(2, "0"));
    const text = fc
      .tuple(
        two(13),
        two(32),
        two(25),
        fc.constantFrom("00", "30", "59", "60"),
        fc.constantFrom("00", "59", "60", "61"),
      )
      .chain(([month, day, hour, minute, second]) =>
        fc
          .constantFrom("Z", "z", "+00:00", "-01:00", "+23:59", "+24:00", "")
          .map((zone) => `2024-${month}-${day}T${hour}:${minute}:${second}${zone}`),
      );
    fc.assert(
      fc.property(text, (time) => {
        if (timeOf(time) !== undefined) expect(time).toMatch(PATTERN);
        if (PATTERN.test(time)) expect(readTime(time)).toBeDefined();
      }),
      { seed: SEED, numRuns: 5_000 },
    );
  });
});
