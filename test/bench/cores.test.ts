import { describe, expect, it } from "vitest";
import { coresIn, nodeOn } from "../../bench/cores.ts";

describe("coresIn", () => {
  it.each([
    ["0-1", ["0", "1"]],
    ["0-2,5", ["0", "1", "2", "5"]],
    ["3", ["3"]],
    ["", []],
    ["none", []],
  ])("reads the list %j", (list, cores) => {
    expect(coresIn(list)).toEqual(cores);
  });
});

describe("nodeOn", () => {
  it("pins the process to a core where there is one to pin it to", () => {
    expect(nodeOn("1", ["a.mjs"])).toEqual(["taskset", ["-c", "1", process.execPath, "a.mjs"]]);
    expect(nodeOn(undefined, ["a.mjs"])).toEqual([process.execPath, ["a.mjs"]]);
  });
});
