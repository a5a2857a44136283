import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../../lib/operator/cli/program.ts";
import { Collector } from "./collector.ts";

async function typed(...args: readonly string[]) {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const exitCode = await run(args, { stdout, stderr, environment: {}, stopped: () => false });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

describe("the commands for this machine", () => {
  it.each([
    [["local", "--fault", "404"], "Allowed choices are 403, 503, off, hang, reset, refuse, lost-answers."],
    [["local", "--service", "s3"], "Allowed choices are eventbridge, sqs, sns, lambda."],
    [["local", "fault", "404"], "Allowed choices are 403, 503, off, hang, reset, refuse, lost-answers."],
    [["local", "fault", "503", "--service", "s3"], "Allowed choices are eventbridge, sqs, sns, lambda."],
    [["local", "fault"], "missing required argument 'fault'"],
    [["local", "--account", "12345"], '--account is "12345": it must be 12 digits.'],
    [["--region", "eu-1; rm x", "local"], '--region is "eu-1; rm x": give one such as eu-central-1.'],
  ])("%j is refused, with what there is", async (args, message) => {
    const { exitCode, stderr } = await typed(...args);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });

  it("tell in one line that no run is known", async () => {
    expect(await typed("local", "fault", "503")).toEqual({
      exitCode: 1,
      stdout: "",
      stderr:
        "OUTBOX_RELAY_LOCAL is not set, so no local run is known: start `npx outbox-relay local` in another terminal, " +
        "and paste the line that it prints here.\n",
    });
  });

  it("load what they do when they are typed, so that other commands start no slower", () => {
    const folder = "lib/operator/cli";
    const loadedAtOnce = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => [
        ...readFileSync(join(folder, file), "utf8").matchAll(/^[^\n]* from "[./]*\/(local\/[^"]+)"/gm),
      ])
      .map(([, path]) => `lib/${path}`);
    expect([...new Set(loadedAtOnce)].sort()).toEqual([
      "lib/local/faults/named-faults.ts",
      "lib/local/local-run-error.ts",
    ]);
    for (const file of loadedAtOnce) expect(readFileSync(file, "utf8")).not.toMatch(/^import (?!type )/m);
  });
});
