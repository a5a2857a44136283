import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type NamedFault, serveFaults } from "../../../lib/local/command/fault-control.ts";
import { run } from "../../../lib/operator/cli/program.ts";
import { Collector } from "./collector.ts";

const typed = (...args: readonly string[]) => typedIn({}, ...args);

async function typedIn(environment: NodeJS.ProcessEnv, ...args: readonly string[]) {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const exitCode = await run(args, { stdout, stderr, environment, stopped: () => false });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

describe("the commands for this machine", () => {
  it.each([
    [["local", "--fault", "404"], "Allowed choices are 403, 503, off, hang, reset, refuse, lost-answers."],
    [["local", "--service", "s3"], "Allowed choices are eventbridge, sqs, sns."],
    [["local", "fault", "404"], "Allowed choices are 403, 503, off, hang, reset, refuse, lost-answers."],
    [["local", "fault", "503", "--service", "s3"], "Allowed choices are eventbridge, sqs, sns."],
    [["local", "fault"], "missing required argument 'fault'"],
    [["local", "--account", "12345"], '--account is "12345": it must be 12 digits.'],
    [["--region", "eu-1; rm x", "local"], '--region is "eu-1; rm x": give one such as eu-central-1.'],
  ])("%j is refused, with what there is", async (args, message) => {
    const { exitCode, stderr } = await typed(...args);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });

  it.each([
    [["local", "fault", "503"], { fault: "503", service: "eventbridge" }],
    [["local", "fault", "hang", "--service", "sns"], { fault: "hang", service: "sns" }],
    [["local", "--service", "sqs", "fault", "off"], { fault: "off", service: "sqs" }],
  ])("play on the running one what is typed: %j", async (args, expected) => {
    const played: NamedFault[] = [];
    const control = await serveFaults(async (given) => void played.push(given));
    try {
      const { exitCode } = await typedIn({ OUTBOX_RELAY_LOCAL: control.address }, ...args);
      expect({ exitCode, played }).toEqual({ exitCode: 0, played: [expected] });
    } finally {
      await control.close();
    }
  });

  it("name the services in the help of fault too", async () => {
    expect((await typed("local", "fault", "--help")).stdout).toContain("--service <service>");
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
