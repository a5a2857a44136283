import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Stack } from "aws-cdk-lib";
import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../../lib/cdk/functions/bundles.ts";
import { ALARM_NAMES, COMPOSITE_NAME } from "../../../lib/cdk/monitoring/alarms.ts";
import { publishedIn, RUNBOOK_FILE } from "../../../lib/cdk/monitoring/runbook.ts";
import { EXIT } from "../../../lib/operator/cli/exit-code.ts";
import { run } from "../../../lib/operator/cli/program.ts";
import { Collector } from "../../operator/cli/collector.ts";
import {
  createApp,
  createOwnStack,
  createRelay,
  findResources,
  onlyResource,
  synthesize,
  synthesizeOwn,
} from "../fixtures.ts";

const NAMES = [...ALARM_NAMES, COMPOSITE_NAME];
const TYPES = ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"];
/** Relays that share a table have one alarm more. */
const template = synthesize({ eventTypes: { except: ["parcel.*"] } });

function descriptionOf(name: string, among: Template = template): string {
  const found = TYPES.flatMap((type) => Object.entries(among.findResources(type))).filter(([id]) =>
    new RegExp(`^RelayMonitoring${name}[0-9A-F]{8}$`).test(id),
  );
  expect(found).toHaveLength(1);
  return String(found[0]?.[1]["Properties"].AlarmDescription);
}

const descriptionsIn = (among: Template): readonly string[] =>
  TYPES.flatMap((type) => findResources(among, type)).map(({ Properties }) => Properties.AlarmDescription);

describe("the descriptions of alarms", () => {
  test("say what they mean and what to do, and where the runbook says more", () => {
    for (const name of NAMES) {
      expect(descriptionOf(name)).toMatch(
        /^OutboxRelay: .{60,}\. Type: `npx outbox-relay --stack OutboxRelay [a-z].*` Runbook: docs\/operations\.md#[a-z]+ in the package dynamodb-outbox-relay$/s,
      );
    }
  });

  test("fit into what CloudWatch takes, whatever stack, relay and page are called", () => {
    const stack = new Stack(createApp(), "S".repeat(128));
    const alarms = { runbook: `https://${"r".repeat(200)}` };
    const eventTypes = { except: ["parcel.*"] };
    const relay = createRelay(stack, { relayName: "r".repeat(128), alarms, eventTypes });
    relay.addOutputs(`R${"r".repeat(63)}`);
    const long = synthesizeOwn(stack);
    expect(descriptionsIn(long)).toHaveLength(NAMES.length);
    for (const description of descriptionsIn(long)) expect(description.length).toBeLessThanOrEqual(1_024);
  });

  test("name a command that finds the relay, by the name of its outputs where the stack has several", () => {
    const stack = createOwnStack();
    createRelay(stack, {}, "Relay").addOutputs("Parcels");
    for (const description of descriptionsIn(synthesizeOwn(stack)))
      expect(description).toContain("`npx outbox-relay --stack Orders --relay Parcels ");
    const { DashboardBody } = onlyResource(synthesizeOwn(stack), "AWS::CloudWatch::Dashboard").Properties;
    const told = JSON.stringify(DashboardBody).match(/npx outbox-relay[^`]*?(?=`)/g) ?? [];
    expect(told.length).toBeGreaterThan(2);
    for (const command of told) expect(command).toContain("--stack Orders --relay Parcels ");
  });

  test.each(NAMES)("%s names a command that there is", async (name) => {
    const [, typed = ""] = /`npx outbox-relay (.*?)`/.exec(descriptionOf(name)) ?? [];
    const stdout = new Collector();
    const stderr = new Collector();
    // Without credentials no call to AWS is made. A command line that cannot be meant is refused before that.
    const environment = { AWS_EC2_METADATA_DISABLED: "true" };
    const common = ["--region", "us-east-1", "--profile", "none-of-this-name"];
    const io = { stdout, stderr, environment, stopped: () => false };
    const exitCode = await run([...common, ...typed.split(" ")], io);
    expect([exitCode, stderr.text]).toEqual([EXIT.notAllowed, expect.stringContaining("no AWS credentials")]);
  });

  test("have a heading each in the runbook, under their link", () => {
    const headings = readFileSync(join(PACKAGE_ROOT, RUNBOOK_FILE), "utf8").match(/^### \w+$/gm) ?? [];
    const descriptions = NAMES.map((name) => descriptionOf(name));
    const anchors = headings.map((heading) => heading.slice(4).toLowerCase());
    const linked = descriptions.map((description) => /#(\w+)/.exec(description)?.[1] ?? "");
    expect([...anchors].sort()).toEqual([...linked].sort());
    expect(headings.map((heading) => heading.slice(4)).sort()).toEqual(NAMES.sort());
  });

  test("are named by the runbook's chapter on the composite alarm where it stands above them", () => {
    const rule = JSON.stringify(onlyResource(template, "AWS::CloudWatch::CompositeAlarm").Properties["AlarmRule"]);
    const beneath = ALARM_NAMES.filter((name) => new RegExp(`RelayMonitoring${name}[0-9A-F]{8}`).test(rule));
    const runbook = readFileSync(join(PACKAGE_ROOT, RUNBOOK_FILE), "utf8");
    const [, chapter = ""] = runbook.split(`### ${COMPOSITE_NAME}\n`);
    const [meaning = ""] = chapter.split("*Look at*");
    expect(ALARM_NAMES.filter((name) => new RegExp(`\\b${name}\\b`).test(meaning))).toEqual(beneath);
  });

  test("link to a runbook somewhere else where one is given", () => {
    const elsewhere = synthesize({ alarms: { runbook: "https://wiki.example.com/outbox" } });
    expect(descriptionOf("BreakerOpen", elsewhere)).toMatch(
      / Runbook: https:\/\/wiki\.example\.com\/outbox#breakeropen$/,
    );
  });

  test.each([
    ["git+https://github.com/example/outbox.git", "https://github.com/example/outbox"],
    [{ url: "https://git.example.com/outbox" }, "https://git.example.com/outbox"],
    ["https://github.com/example/outbox/", "https://github.com/example/outbox"],
  ])("link to the repository that package.json names: %j", (repository, page) => {
    expect(publishedIn(repository)).toBe(`${page}/blob/HEAD/docs/operations.md`);
  });

  test.each([undefined, "git@github.com:example/outbox.git", "github:example/outbox"])(
    "name the package's own file where no page on the web is known: %j",
    (repository) => {
      expect(publishedIn(repository)).toBeUndefined();
    },
  );
});
