import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { followPage, type PageRun } from "./local-page.ts";

const { folder, tarball } = inject("orders").packed;
/** What the page says it takes: from the installation to one's own consumer, and through an outage. */
const WITHIN_SECONDS = 180;
/** The requeuer runs every minute, so this long the end of the outage may be waited for. */
const REQUEUER_SECONDS = 60;

describe("docs/local.md, followed in an empty folder", () => {
  let run: PageRun;

  beforeAll(async () => {
    run = await followPage(join(folder, "local-page"), tarball);
    for (const { commands, printed, errors, tookMs } of run.blocks) {
      console.log(`${commands}\n${printed}${errors}(${tookMs} ms)\n`);
    }
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
    // The CDK tells it on stderr, and on stdout where the environment has CI=true.
    const { printed, errors } = block("cdk deploy");
    expect(printed + errors).toContain("✅  Shop");
    expect(printed + errors).not.toMatch(/outboxRelayLocal|alarmTopic|FAILED/);
  });

  it("brings an event of the app's own function to the app's own consumer", () => {
    expect(block("invoice 1").printed).toMatch(/order 1 is placed\nthe invoice of order 1 is there after [\d.]+ s\n$/);
  });

  it("has the target fail, tells so, and loses nothing", () => {
    expect(block("order 2").printed).toContain("order 2 is placed");
    expect(block("status").printed).toContain("ServiceUnavailableException: The fault proxy is in the way.");
    expect(block("invoice 2").printed).toContain("the invoice of order 2 is there after");
  });

  it(`takes less than ${WITHIN_SECONDS} s, were there one processor and nobody else`, () => {
    const seconds = run.processorSeconds + REQUEUER_SECONDS;
    const rounded = (each: number) => each.toFixed(0);
    console.log(
      `local page: ${rounded(run.tookMs / 1_000)} s on the clock, ${rounded(run.processorSeconds)} s of a processor`,
    );
    // The clock would tell of the suites beside it.
    expect(run.processorSeconds).toBeGreaterThan(5);
    expect(seconds).toBeLessThan(WITHIN_SECONDS);
  });

  it("ends at Ctrl-C, and leaves nothing behind but the emulator's installation", async () => {
    expect(run.first).toEqual({ isLeft: false, told: expect.stringContaining("eventbridge works from now on") });
    const local = join(run.app, "node_modules/dynamodb-outbox-relay/.ministack");
    expect(await readdir(join(local, "runs"))).toEqual([]);
    expect(await readdir(local)).toEqual([expect.stringMatching(/^ministack-/), "runs"]);
  });
});
