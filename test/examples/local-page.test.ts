import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { followPage, type PageRun } from "./local-page.ts";

const { folder, tarball } = inject("orders").packed;
/** What README promises: from the installation to one's own consumer, an outage included. */
const WITHIN_MS = 180_000;

describe("docs/local.md, followed in an empty folder", () => {
  let run: PageRun;

  beforeAll(async () => {
    run = await followPage(join(folder, "local-page"), tarball);
    for (const { commands, output, tookMs } of run.blocks) console.log(`${commands}\n${output}(${tookMs} ms)\n`);
  });

  const block = (command: string) => {
    const found = run.blocks.find(({ commands }) => commands.includes(command));
    if (found === undefined) throw new Error(`No block of the page has ${command}`);
    return found;
  };

  it("gives nothing that fails, but for the status during the outage", () => {
    const failed = run.blocks.filter(({ exitCode }) => exitCode !== 0);
    expect(failed.map(({ commands, exitCode }) => [commands, exitCode])).toEqual([
      ["npx outbox-relay --stack Shop status", 1],
    ]);
  });

  it("deploys without a word of what the emulator refuses", () => {
    expect(block("cdk deploy").output).toContain("✅  Shop");
    expect(block("cdk deploy").output).not.toMatch(/outboxRelayLocal|alarmTopic|FAILED/);
  });

  it("brings an event of the app's own function to the app's own consumer", () => {
    expect(block("invoice 1").output).toMatch(/order 1 is placed\nthe invoice of order 1 is there after [\d.]+ s/);
  });

  it("has the target fail, tells so, and loses nothing", () => {
    expect(block("order 2").output).toContain("order 2 is placed");
    expect(block("status").output).toContain("ServiceUnavailableException: The fault proxy is in the way.");
    expect(block("invoice 2").output).toContain("the invoice of order 2 is there after");
  });

  it(`takes no longer than ${WITHIN_MS / 60_000} minutes from the installation to the end`, () => {
    console.log(`local page: ${run.tookMs} ms`);
    expect(run.tookMs).toBeLessThan(WITHIN_MS);
  });

  it("ends at Ctrl-C, and leaves nothing behind but the emulator's installation", async () => {
    expect(run.first).toEqual({ isLeft: false, told: expect.stringContaining("eventbridge works from now on") });
    const local = join(run.app, "node_modules/dynamodb-outbox-relay/.ministack");
    expect(await readdir(join(local, "runs"))).toEqual([]);
    expect(await readdir(local)).toEqual([expect.stringMatching(/^ministack-/), "runs"]);
  });
});
