import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Stack } from "aws-cdk-lib";
import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../../lib/cdk/functions/bundles.ts";
import { ALARM_NAMES, COMPOSITE_NAME } from "../../../lib/cdk/monitoring/alarms.ts";
import { publishedIn, RUNBOOK_FILE } from "../../../lib/cdk/monitoring/runbook.ts";
import { type Template as CloudWatchTemplate, resourcesOf } from "../../../lib/cloudwatch/template.ts";
import { EXIT } from "../../../lib/operator/cli/exit-code.ts";
import { run } from "../../../lib/operator/cli/program.ts";
import { Collector } from "../../operator/cli/collector.ts";
import {
  createApp,
  createOwnStack,
  createRelay,
  onlyResource,
  synthesize,
  synthesizeOwn,
  synthesizeRelay,
} from "../fixtures.ts";

const NAMES = [...ALARM_NAMES, COMPOSITE_NAME];
const TYPES = ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"];
/** A relay that shares its table and audits an archive has every alarm. */
const EVERYTHING = { eventTypes: { except: ["parcel.*"] }, archive: true, audit: true };
const template = synthesize(EVERYTHING);

/** As they are deployed to a region. */
const describedIn = (among: Template, region = "us-east-1", partition = "aws") =>
  TYPES.flatMap((type) =>
    resourcesOf(among.toJSON() as CloudWatchTemplate, type, {
      physicalId: () => undefined,
      ...{ region, partition, account: "123456789012" },
    }),
  ).map(([id, { AlarmDescription }]) => ({ id, text: String(AlarmDescription) }));

function descriptionOf(name: string, among: Template = template, ...place: readonly string[]): string {
  const found = describedIn(among, ...place).filter(({ id }) =>
    new RegExp(`^RelayMonitoring${name}[0-9A-F]{8}$`).test(id),
  );
  expect(found).toHaveLength(1);
  return found[0]?.text ?? "";
}

const descriptionsIn = (among: Template): readonly string[] => describedIn(among).map(({ text }) => text);

describe("the descriptions of alarms", () => {
  test("say what they mean and what to do, and link to a page that a reader of the mail can open", () => {
    for (const name of NAMES) {
      expect(descriptionOf(name)).toMatch(
        /^OutboxRelay: .{60,}\. Type: `npx outbox-relay --stack OutboxRelay [a-z].*` Runbook, at the end of the dashboard: https:\/\/us-east-1\.console\.aws\.amazon\.com\/cloudwatch\/home\?region=us-east-1#dashboards\/dashboard\/OutboxRelay-us-east-1$/s,
      );
    }
  });

  test.each([
    ["aws-cn", "cn-north-1", "https://cn-north-1.console.amazonaws.cn/"],
    ["aws-us-gov", "us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/"],
    ["aws-eusc", "eusc-de-east-1", "https://eusc-de-east-1.console.amazonaws-eusc.eu/"],
  ])("link to the console of the partition, whether it is known at synth or not: %s", (partition, region, console) => {
    const link = ` ${console}cloudwatch/home?region=${region}#dashboards/dashboard/OutboxRelay-${region}`;
    expect(descriptionOf("BreakerOpen", template, region, partition)).toContain(link);
    const known = synthesizeRelay({ relayName: "OutboxRelay" }, { env: { region, account: "123456789012" } });
    expect(descriptionOf("BreakerOpen", known, region, partition)).toContain(link);
  });

  test.each([
    ["where there is no dashboard", synthesize({ monitoring: "alarms" }), "us-east-1", "aws"],
    ["in a partition whose console is not known", template, "us-iso-east-1", "aws-iso"],
  ])("name the file of the package %s", (_where, among, ...place) => {
    expect(descriptionOf("BreakerOpen", among, ...place)).toMatch(
      /` Runbook: docs\/operations\.md#breakeropen in the package dynamodb-outbox-relay$/,
    );
  });

  test.each([
    ["page", { runbook: `https://${"r".repeat(200)}` }],
    ["dashboard", {}],
  ])("fit into what CloudWatch takes, whatever stack, relay and %s are called", (_linked, alarms) => {
    const stack = new Stack(createApp(), "S".repeat(128));
    const relay = createRelay(stack, { relayName: "r".repeat(128), alarms, ...EVERYTHING, archive: true, audit: true });
    relay.addOutputs(`R${"r".repeat(63)}`);
    const long = describedIn(synthesizeOwn(stack), "us-gov-west-1", "aws-us-gov");
    expect(long).toHaveLength(NAMES.length);
    for (const { id, text } of long) expect([id, text.length <= 1_024, text.length]).toEqual([id, true, text.length]);
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
    const elsewhere = synthesize({ alarms: { runbook: "https://wiki.example.com/outbox" }, ...EVERYTHING });
    const descriptions = NAMES.map((name) => descriptionOf(name, elsewhere));
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
