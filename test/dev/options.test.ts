import { describe, expect, it } from "vitest";
import { readCommandLine } from "../../dev/demo/options.ts";

describe("the command line of the local run", () => {
  it("has defaults for everything", () => {
    expect(readCommandLine([])).toEqual({ kind: "run", options: { events: 600, ratePerSecond: 20, keep: false } });
  });

  it("takes numbers and flags", () => {
    expect(readCommandLine(["--events", "50", "--rate=5", "--keep"])).toEqual({
      kind: "run",
      options: { events: 50, ratePerSecond: 5, keep: true },
    });
  });

  it.each([
    [10, 1],
    [3_000, 100],
    [50_000, 100],
  ])("writes %i orders at %i a second unless told otherwise", (events, ratePerSecond) => {
    expect(readCommandLine(["--events", String(events)])).toMatchObject({ options: { events, ratePerSecond } });
  });

  it("shows help when asked, whatever else there is", () => {
    expect(readCommandLine(["--help", "--events", "x"])).toEqual({ kind: "help" });
  });

  it.each([
    [["--events", "0"], '--events is "0": it must be a whole number from 1 to 100000.'],
    [["--events", "many"], '--events is "many": it must be a whole number from 1 to 100000.'],
    [["--events="], '--events is "": it must be a whole number from 1 to 100000.'],
    [["--rate", "1.5"], '--rate is "1.5": it must be a whole number from 1 to 1000.'],
    [["--rate", "2000"], '--rate is "2000": it must be a whole number from 1 to 1000.'],
    [["--turbo"], "Unknown option '--turbo'; --help lists the options."],
    [["--events"], "Option '--events <value>' argument missing; --help lists the options."],
    [["more"], "Unexpected argument 'more'"],
  ])("refuses %j in one line", (args, message) => {
    const line = readCommandLine(args);
    expect(line).toMatchObject({ kind: "refused", message: expect.stringContaining(message) });
    expect((line as { message: string }).message).not.toContain("\n");
  });
});
