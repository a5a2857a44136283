import { describe, expect, it } from "vitest";
import { progressBlock, progressLine } from "../../dev/demo/progress.ts";
import { kept, type RunResult, reportLines } from "../../dev/demo/report.ts";
import { openScreen } from "../../dev/demo/screen.ts";

const progress = {
  phase: "all is well",
  events: 100,
  written: 60,
  delivered: 50,
  waiting: 10,
  parked: 4,
  requeued: 3,
  duplicates: 2,
  p50Ms: 120,
  p99Ms: 1_900,
};

function recorder(isTTY: boolean) {
  let text = "";
  return { isTTY, columns: 80, write: (part: string) => (text += part), read: () => text };
}

describe("progress", () => {
  it("is one line with every number", () => {
    expect(progressLine(progress)).toBe(
      "written 60  delivered 50  waiting 10  parked 4  requeued 3  duplicates 2  p50 120 ms  p99 1.9 s",
    );
  });

  it("is a block that no terminal has to wrap", () => {
    const lines = progressBlock(progress, 12_300, 30);
    expect(lines.every((line) => line.length < 30)).toBe(true);
    expect(progressBlock(progress, 12_300, 120).join("\n")).toContain("50 of 100 delivered  12.3 s");
  });
});

describe("the screen", () => {
  it("redraws one block on a terminal, with lines that stay above it", () => {
    const output = recorder(true);
    const screen = openScreen(output, () => 0);
    screen.show(progress);
    screen.say("something happened");
    screen.show(progress);
    screen.clear();
    const lines = progressBlock(progress, 0, 80).length;
    const erase = `\u001b[${lines}A\r\u001b[0J`;
    expect(output.read().split(erase)).toHaveLength(3);
    expect(output.read()).toContain(`${erase}something happened\n`);
    expect(output.read().endsWith(erase)).toBe(true);
  });

  it("takes a terminal that does not know its size to be of the usual width", () => {
    let text = "";
    openScreen({ isTTY: true, columns: 0, write: (part) => (text += part) }, () => 0).show(progress);
    expect(text).toBe(`${progressBlock(progress, 0, 80).join("\n")}\n`);
  });

  it("writes plain stamped lines elsewhere: the phase when it changes, numbers a few seconds apart", () => {
    const output = recorder(false);
    let nowMs = 0;
    const screen = openScreen(output, () => nowMs);
    screen.say("ready");
    for (nowMs = 0; nowMs < 6_000; nowMs += 500) {
      screen.show({ ...progress, delivered: nowMs });
    }
    screen.show({ ...progress, phase: "gone" });
    screen.print(["as", "it is"]);
    screen.clear();
    expect(output.read().trimEnd().split("\n")).toEqual([
      "[   0.0 s] ready",
      "[   0.0 s] - all is well",
      `[   0.0 s]   ${progressLine({ ...progress, delivered: 0 })}`,
      `[   3.0 s]   ${progressLine({ ...progress, delivered: 3_000 })}`,
      "[   6.0 s] - gone",
      `[   6.0 s]   ${progressLine(progress)}`,
      "as",
      "it is",
    ]);
    expect(output.read()).not.toContain("\u001b");
  });

  it("repeats numbers that stay the same less often, and still before ten seconds are over", () => {
    const output = recorder(false);
    let nowMs = 0;
    const screen = openScreen(output, () => nowMs);
    for (nowMs = 0; nowMs < 20_000; nowMs += 500) {
      screen.show(progress);
    }
    const line = progressLine(progress);
    expect(output.read().trimEnd().split("\n")).toEqual([
      "[   0.0 s] - all is well",
      `[   0.0 s]   ${line}`,
      `[   9.0 s]   ${line}`,
      `[  18.0 s]   ${line}`,
    ]);
  });
});

const result: RunResult = {
  written: 600,
  delivered: 600,
  lost: [],
  duplicates: { answerDropped: 7, answerLate: 0, busUnconfirmed: 0, publishedAgain: 0, unexplained: 0 },
  everParked: 200,
  requeued: 200,
  outageMs: 16_000,
  recoveryMs: 4_200,
  latencyUp: { p50Ms: 300, p99Ms: 900 },
  latencyAll: { p50Ms: 500, p99Ms: 21_000 },
  rowsLeft: 0,
  messagesLeft: 0,
};

describe("the report", () => {
  it("says that nothing was lost, with duplicates by cause and the time to recover", () => {
    const text = reportLines(result).join("\n");
    expect(kept(result)).toBe(true);
    expect(text).toMatch(/written {2,}600/);
    expect(text).toContain("written = delivered");
    expect(text).toMatch(/lost {2,}0/);
    expect(text).toMatch(/answer dropped by the proxy {2,}7/);
    expect(text).toMatch(/recovered after its return in {2,}4\.2 s/);
    expect(text).toContain("Nothing was lost.");
  });

  it.each([
    ["an event is lost", { lost: ["a"], delivered: 599 }],
    ["a row is left", { rowsLeft: 1 }],
    ["a message is left", { messagesLeft: 1 }],
  ])("says so when %s", (_, change) => {
    const bad = { ...result, ...change };
    expect(kept(bad)).toBe(false);
    expect(reportLines(bad).join("\n")).toContain("NOT everything was delivered.");
  });
});
