import { describe, expect, it } from "vitest";
import { readCommandLine } from "../../bench/command-line.ts";
import type { Workload } from "../../bench/workload.ts";

const workload = (name: string): Workload => ({ name, about: "", run: async () => [] });
const ALL = [workload("decode"), workload("encode")];
const read = (...args: readonly string[]) => readCommandLine(args, ALL);

describe("the benchmark's command line", () => {
  it("runs everything where no name is given", () => {
    expect(read("--write")).toEqual({ workloads: ALL, rounds: 10, write: true });
  });

  it("runs what is named, in the order of the page", () => {
    expect(read("encode", "decode", "--rounds", "3", "--json", "a.json")).toEqual({
      workloads: ALL,
      rounds: 3,
      json: "a.json",
      write: false,
    });
    expect(read("encode").workloads.map(({ name }) => name)).toEqual(["encode"]);
  });

  it.each([
    [["speed"], "There is no workload speed: choose from decode, encode."],
    [["--rounds", "0"], "--rounds is 0: it must be a whole number from 1 up."],
    [["decode", "--write"], "--write takes one run of all workloads: leave the names out."],
    [["--fast"], "Unknown option '--fast'. Usage: npm run bench -- [NAME...] [--rounds N] [--json FILE] [--write]"],
  ])("refuses %j in one line", (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });
});
