import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { cut, outputTo, plain } from "../../../lib/operator/cli/output.ts";
import { moment, readDuration, readMoment, spanOf } from "../../../lib/operator/cli/times.ts";

const ESCAPE = "\u001b";

class Terminal extends Writable {
  text = "";
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString("utf8");
    done();
  }
}

function outputOf({ tty = false, json = false, environment = {} } = {}) {
  const stdout = new Terminal(tty);
  const stderr = new Terminal(tty);
  return { stdout, stderr, output: outputTo({ stdout, stderr, json, environment }) };
}

describe("output", () => {
  it("aligns columns, coloured cells too", () => {
    const { stdout, output } = outputOf({ tty: true });
    output.table(
      ["id", "state"],
      [
        [output.paint.red("a"), "waiting"],
        ["long-one", "parked"],
      ],
    );
    expect(stdout.text).toContain(`${ESCAPE}[31ma${ESCAPE}[39m `);
    const lines = stripVTControlCharacters(stdout.text).split("\n");
    expect(lines.slice(0, 3)).toEqual(["ID        STATE", "a         waiting", "long-one  parked"]);
  });

  it.each([
    ["a pipe", {}],
    ["a terminal that wants none", { tty: true, environment: { NO_COLOR: "1" } }],
  ])("has no colours for %s", (_what, options) => {
    const { stdout, output } = outputOf(options);
    output.line(output.paint.red("bad"));
    expect(stdout.text).toBe("bad\n");
  });

  it("is one JSON document for scripts, and nothing for people beside it", () => {
    const { stdout, output } = outputOf({ json: true, tty: true });
    output.line("for people");
    output.table(["a"], [["b"]]);
    output.document({ answer: 42 });
    expect(JSON.parse(stdout.text)).toEqual({ answer: 42 });
  });

  it("shows progress on a terminal only, and clears it before it says more", () => {
    const quiet = outputOf();
    quiet.output.progress("10 events");
    expect(quiet.stderr.text).toBe("");
    const { stderr, output } = outputOf({ tty: true });
    output.progress("10 events");
    output.line("done");
    expect(stderr.text).toBe(`\r${ESCAPE}[K10 events\r${ESCAPE}[K`);
  });

  it("lets no text of a row move the cursor or colour the screen", () => {
    expect(plain(`a${ESCAPE}[31mb\nc`)).toBe("a\\x1b[31mb\\x0ac");
  });

  it("cuts long texts where they are only recognised", () => {
    expect(cut("abcdef", 4)).toBe("abc…");
    expect(cut("abcd", 4)).toBe("abcd");
  });
});

describe("times", () => {
  it.each([
    [999, "999 ms"],
    [90_000, "1m 30s"],
    [3_600_000, "1h"],
    [7_500_000, "2h 5m"],
    [90_061_000, "1d 1h"],
  ])("tells %d ms as %s", (ms, text) => expect(spanOf(ms)).toBe(text));

  it("tells a moment absolutely and relatively", () => {
    const nowMs = Date.parse("2026-01-31T12:00:00Z");
    expect(moment(nowMs - 300_000, nowMs)).toBe("2026-01-31T11:55:00Z (5m ago)");
    expect(moment(nowMs + 60_000, nowMs)).toBe("2026-01-31T12:01:00Z (in 1m)");
  });

  it.each([
    ["90s", 90_000],
    ["1.5h", 5_400_000],
    ["2d", 172_800_000],
  ])("reads %s", (text, ms) => expect(readDuration("--older-than", text)).toBe(ms));

  it.each(["5", "5 m", "-5m", "", "1w", `${"9".repeat(400)}d`, "36501d"])("refuses %j", (text) => {
    expect(() => readDuration("--older-than", text)).toThrow("give a time such as 90s, 10m, 2h or 1d");
  });

  it.each([
    ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31T13:00:00.5+01:00", "2026-01-31T12:00:00.500Z"],
    ["2026-01-30", "2026-01-30T00:00:00.000Z"],
    ["90m", "2026-01-31T22:30:00.000Z"],
  ])("reads the moment %s, and counts times ago from now", (text, iso) => {
    const nowMs = Date.parse("2026-02-01T00:00:00Z");
    expect(new Date(readMoment("--from", text)(nowMs)).toISOString()).toBe(iso);
  });

  it.each(["2026-02-30", "2026-01-31T12:00:00", "31.01.2026", "now", "-5m", "2026-1-1"])(
    "refuses the moment %j",
    (text) => {
      expect(() => readMoment("--from", text)).toThrow(/^--from is .*: give a time with its zone such as/);
    },
  );
});
