import { describe, expect, it } from "vitest";
import { readAuditSettings } from "../../../lib/contract/settings/audit-settings.ts";

const read = (value: unknown) => readAuditSettings("audit", value);

describe("the setting audit", () => {
  it.each([
    [true, { everyHours: 24, windowHours: 25 }],
    [{}, { everyHours: 24, windowHours: 25 }],
    [{ everyHours: 1 }, { everyHours: 1, windowHours: 2 }],
    [
      { everyHours: 6, windowHours: 7 },
      { everyHours: 6, windowHours: 7 },
    ],
    [{ windowHours: 168 }, { everyHours: 24, windowHours: 168 }],
  ])("%j audits a day and an hour every day, unless more is said", (given, settings) => {
    expect(read(given)).toEqual(settings);
  });

  it.each([
    [false, "audit is false: it must be true or an object; leave it out where no schedule is wanted."],
    ["daily", 'audit is "daily": it must be an object with everyHours, windowHours.'],
    [{ schedule: "rate(1 day)" }, 'audit.schedule is "rate(1 day)": there is no such setting'],
    [{ everyHours: 0 }, "audit.everyHours is 0: it must be an integer from 1 to 24."],
    [{ everyHours: 25 }, "audit.everyHours is 25: it must be an integer from 1 to 24."],
    [{ windowHours: 169 }, "audit.windowHours is 169: it must be an integer from 2 to 168."],
    [
      { windowHours: 24 },
      "audit.windowHours is 24: it must be at least everyHours, 24, and 1 more, or an event may fall between two windows.",
    ],
  ])("refuses %j and says why", (given, message) => {
    expect(() => read(given)).toThrow(message);
  });
});
