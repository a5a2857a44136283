import { describe, expect, it } from "vitest";
import { run } from "../../../lib/operator/cli/program.ts";
import { Collector } from "./collector.ts";

/** A command line that must be refused before any call to AWS, for there is no AWS behind this endpoint. */
async function typed(...args: readonly string[]) {
  const stdout = new Collector();
  const stderr = new Collector();
  const io = { stdout, stderr, environment: {}, stopped: () => false };
  const exitCode = await run(["--endpoint-url", "http://127.0.0.1:9", "--region", "us-east-1", ...args], io);
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

describe("a command line that cannot be meant", () => {
  it.each([
    [["retry"], "Nothing says which events: give ids, a filter, or --all."],
    [["discard", "--reason", "tidying"], "Nothing says which events: give ids, a filter, or --all."],
    [["retry", "--all", "--type", "order.*"], "--all and a filter exclude each other: give one of them."],
    [["retry", "--all", "--rate", "0"], '--rate is "0": it must be from 0.01 to 10000 events a second.'],
    [["retry", "--all", "--rate", "0.000001"], '--rate is "0.000001": it must be from 0.01 to 10000 events a second.'],
    [["retry", "--all", "--rate", "Infinity"], '--rate is "Infinity": it must be from 0.01 to 10000 events a second.'],
    [["retry", "--all", "--rate", "fast"], '--rate is "fast": it must be from 0.01 to 10000 events a second.'],
    [["discard", "e1"], "--reason is missing: say why, for those who read the journal later."],
    [["show"], "Nothing says which event: give its id, or --key and --sequence."],
    [["show", "--sequence", "3"], '--sequence is "3": give a number, together with --key.'],
    [["list", "--limit", "0"], '--limit is "0": it must be a whole number from 1 to 10000.'],
    [
      ["--endpoint-url", "nonsense", "status"],
      '--endpoint-url is "nonsense": give a URL such as http://127.0.0.1:4566.',
    ],
    [
      ["--endpoint-url", "http://me:hunter2@a b", "status"],
      '--endpoint-url is "http://(credentials)@a b": give a URL such as http://127.0.0.1:4566.',
    ],
    [
      ["--region", "not a region", "status"],
      'Region not accepted: region="not a region" is not a valid hostname component. Give one such as eu-central-1 by --region or AWS_REGION.',
    ],
    [["retry", "--type", "*"], '--type is "*", which is every type: give the beginning of one.'],
    [["retry", "--older-than", "0s"], '--older-than is "0s": give a time such as 90s, 10m, 2h or 1d.'],
    [["list", "--older-than", "soon"], '--older-than is "soon": give a time such as 90s, 10m, 2h or 1d.'],
  ])("%j is told in one line, with exit code 2", async (args, message) => {
    expect(await typed(...args)).toEqual({ exitCode: 2, stdout: "", stderr: `${message}\n` });
  });

  it.each([[["dance"]], [["list", "--class", "odd"]], [["pause", "everything"]], [["status", "--fast"]]])(
    "%j is refused with a pointer to the help",
    async (args) => {
      const { exitCode, stderr } = await typed(...args);
      expect(exitCode).toBe(2);
      expect(stderr).toContain("--help");
    },
  );
});

describe("a shell variable that is not set", () => {
  const everything = ["retry", "quarantine", "discard", "release"];
  const filters = ["--key", "--type", "--failure", "--older-than", "--newer-than", "--reason", "--rate"];

  it.each([
    ...everything.flatMap((command) => filters.map((option) => [[command, "e1", option], option])),
    ...filters.slice(0, 5).map((option) => [["list", option], option]),
    ...["--limit", "--after"].map((option) => [["list", option], option]),
    ...["--type", "--source", "--key", "--sequence", "--timeout"].map((option) => [["put", option], option]),
    [["show", "--key", "k", "--sequence"], "--sequence"],
    [["journal", "--limit"], "--limit"],
    [["pause", "--reason"], "--reason"],
    ...everything.map((command) => [[command, "e1"], `An argument of ${command}`]),
    [["list", "e1"], "An argument of list"],
    [["show"], "An argument of show"],
  ] as [string[], string][])("selects nothing: %j with nothing behind it is refused", async (args, what) => {
    for (const blank of ["", "  ", "\t"]) {
      const { exitCode, stdout, stderr } = await typed(...args, blank);
      expect(stderr).toContain(`${what} is ${JSON.stringify(blank)}, which says nothing`);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    }
  });

  it.each([
    ["\u200b", '"\\u200b"'],
    ["\u200d\u2060\ufeff", '"\\u200d\\u2060\\ufeff"'],
    [" \u00ad\u3164\u2800", '" \\u00ad\\u3164\\u2800"'],
    ["\u{e0001}\u00a0", '"\\udb40\\udc01\\u00a0"'],
  ])("nor does a value of which nobody sees anything, and it is shown by its numbers: %j", async (value, shown) => {
    expect(await typed("list", "--failure", value)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`--failure is ${shown}, which says nothing`),
    });
  });

  it.each(["--stack", "--relay", "--profile", "--endpoint-url", "--region"])(
    "chooses no relay: %s with nothing behind it is refused",
    async (option) => {
      expect(await typed(option, "", "status")).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining(`${option} is "", which says nothing`),
      });
    },
  );
});

describe("help and version", () => {
  it("lists every command", async () => {
    const { exitCode, stdout } = await typed("--help");
    expect(exitCode).toBe(0);
    const looking = ["status", "list", "show", "journal", "doctor", "tail", "dashboard", "audit"];
    for (const name of [...looking, "retry", "quarantine", "release", "discard", "pause", "resume", "put"]) {
      expect(stdout).toContain(`\n  ${name} `);
    }
  });

  it("tells the version of the package", async () => {
    expect((await typed("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
