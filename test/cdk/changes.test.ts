import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App, RemovalPolicy, Stack, Tags } from "aws-cdk-lib";
import type { Template } from "aws-cdk-lib/assertions";
import { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { EventBus } from "aws-cdk-lib/aws-events";
import { Key } from "aws-cdk-lib/aws-kms";
import { describe, expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../lib/cdk/functions/bundles.ts";
import type { OutboxRelayProps } from "../../lib/cdk/outbox-relay-props.ts";
import { OutboxTarget } from "../../lib/cdk/targets/outbox-target.ts";
import { createOwnStack, createRelay, synthesize, synthesizeOwn } from "./fixtures.ts";
import { type Changes, changesBetween, named } from "./template-changes.ts";

const table = (name: string) => {
  const arn = `arn:aws:dynamodb:us-east-1:123456789012:table/${name}`;
  return { arn, streamArn: `${arn}/stream/2026-01-31T12:00:00.000` };
};

/** Makes the templates of one policy: by the app's settings, or by the construct in a user's stack. */
interface Maker {
  readonly app: (settings?: object) => Template;
  /** Makes the templates of a stack with a key, which the relay may or may not get. */
  readonly own: (props?: Partial<OutboxRelayProps>, isEncrypted?: boolean) => Template;
}

const RETAINS: Maker = { app: (settings = {}) => synthesize(settings), own };
const DESTROYS: Maker = {
  app: (settings = {}) => synthesize({ ...settings, removalPolicy: "destroy" }),
  own: (props, isEncrypted) => own({ ...props, removalPolicy: RemovalPolicy.DESTROY }, isEncrypted),
};

function own(props: Partial<OutboxRelayProps> = {}, isEncrypted = false): Template {
  const stack = createOwnStack({ env: { region: "us-east-1" } });
  const encryptionKey = new Key(stack, "Key");
  const target = OutboxTarget.eventBridge(new EventBus(stack, "Bus"));
  createRelay(stack, { relayName: "orders", target, ...props, ...(isEncrypted ? { encryptionKey } : {}) });
  return synthesizeOwn(stack);
}

const queue = { target: { kind: "sqs" } };
const nothing = { toJSON: () => ({ Resources: {} }) } as unknown as Template;

/** The lines of docs/changes.md, each with the change that it describes. */
const CHANGES: Readonly<Record<string, (maker: Maker) => readonly [before: Template, after: Template]>> = {
  "a delivery setting, memory, code": ({ app }) => [app(), app({ concurrency: 5, memoryMb: 512 })],
  "`ordering`, on": ({ app }) => [app(), app({ ordering: "per-key" })],
  "`ordering`, off": ({ app }) => [app({ ordering: "strict" }), app()],
  "`eventTypes`, given": ({ app }) => [app(), app({ eventTypes: { except: ["parcel.*"] } })],
  "`target`, a bus to a queue": ({ app }) => [app(), app(queue)],
  "`target`, a queue to a bus": ({ app }) => [app(queue), app()],
  "`target`, a queue to a FIFO queue": ({ app }) => [app(queue), app({ target: { kind: "sqs", fifo: true } })],
  "`target`, the stack's bus to another": ({ app }) => [
    app(),
    app({ target: { kind: "eventbridge", busName: "orders" } }),
  ],
  "`table`, given": ({ app }) => [app(), app({ table: table("One") })],
  "`table`, another": ({ app }) => [app({ table: table("One") }), app({ table: table("Two") })],
  "`tableLogicalId`": ({ own }) => [own(), own({ tableLogicalId: "Second" })],
  "`counterTable`, off": ({ app }) => [app({ counterTable: true }), app()],
  "`archive`, on": ({ app }) => [app(), app({ archive: true })],
  "`archive`, off": ({ app }) => [app({ archive: true }), app()],
  "`archive.bucket`, given": ({ app }) => [app({ archive: true }), app({ archive: { bucket: "receipts" } })],
  "`archive.payload`, `archive.retentionDays`": ({ app }) => [
    app({ archive: true }),
    app({ archive: { payload: true, retentionDays: 30 } }),
  ],
  "`audit`, on": ({ app }) => [app({ archive: true }), app({ archive: true, audit: true })],
  "`audit`, off": ({ app }) => [app({ archive: true, audit: true }), app({ archive: true })],
  "`audit.everyHours`, `audit.windowHours`": ({ app }) => [
    app({ archive: true, audit: true }),
    app({ archive: true, audit: { everyHours: 6, windowHours: 48 } }),
  ],
  "`encryptionKey`, given": ({ own }) => [own({ archive: true }), own({ archive: true }, true)],
  "`relayName`": ({ own }) => [own(), own({ relayName: "parcels" })],
  "`streamMapping`": ({ app }) => [app(), app({ streamMapping: { id: "2", streamLabel: "2026-01-31T12:00:00.000" } })],
  "`monitoring`, full to alarms": ({ app }) => [app(), app({ monitoring: "alarms" })],
  "`monitoring`, alarms to none": ({ app }) => [app({ monitoring: "alarms" }), app({ monitoring: "none" })],
  "`monitoring`, full to none": ({ app }) => [app(), app({ monitoring: "none" })],
  "`alarms.composite`, off": ({ app }) => [app(), app({ alarms: { composite: false } })],
  "`alarms.metricMath`, off": ({ app }) => [app(), app({ alarms: { metricMath: false } })],
  "`cdk destroy`": ({ app }) => [app(), nothing],
};

const page = readFileSync(join(PACKAGE_ROOT, "docs", "changes.md"), "utf8");
const documented = new Map(
  (page.split("| change | made |")[1] ?? "")
    .split("\n")
    .slice(2)
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, change = "", ...cells]) => [change, cells.slice(0, 5)]),
);

const isVersion = (id: string) => id.endsWith("CurrentVersion");
const cell = (ids: readonly string[], before = ""): string =>
  ids
    .filter((id) => !isVersion(id))
    .map((id) => `${before}\`${id}\``)
    .join(", ");

const ALARM_TYPE = /^AWS::CloudWatch::(Composite)?Alarm$/;
const alarmsIn = (template: Template): readonly string[] =>
  Object.entries<{ readonly Type: string }>(template.toJSON()["Resources"])
    .filter(([, { Type }]) => ALARM_TYPE.test(Type))
    .map(([id]) => named(id));

/** There are many ids where all resources of a kind are replaced. */
function deletedCell({ deleted }: Changes, before: Template, after: Template): string {
  if (after === nothing) return "all else";
  const alarms = new Set(alarmsIn(before));
  if (![...alarms].every((id) => deleted.includes(id))) return cell(deleted);
  return [cell(deleted.filter((id) => !alarms.has(id))), "all alarms"].filter((each) => each !== "").join(", ");
}

const together = (...cells: readonly string[]) => cells.filter((each) => each !== "").join(", ");
/** The same resource, as the previous deployment had made it. */
const before = (ids: readonly string[]): string => cell(ids, "the ").replace(/`$/, "` before");

function cellsOf(change: string): readonly string[] {
  const templates = CHANGES[change];
  if (templates === undefined) throw new Error(`there is no change ${change}`);
  const [first, second] = templates(RETAINS);
  const retained = changesBetween(first, second);
  const destroyed = changesBetween(...templates(DESTROYS));
  expect([...destroyed.kept, ...destroyed.replacedAndKept], "what stays for all that").toEqual([]);
  expect(destroyed.made).toEqual(retained.made);
  const without = (ids: readonly string[], others: readonly string[]) => ids.filter((id) => !others.includes(id));
  return [
    cell(retained.made),
    cell([...retained.replaced, ...retained.replacedAndKept]),
    deletedCell(retained, first, second),
    together(cell(retained.kept), before(retained.replacedAndKept)),
    together(
      cell(without(destroyed.deleted, retained.deleted)),
      before(without(destroyed.replaced, retained.replaced)),
    ),
  ];
}

describe("docs/changes.md tells what a deployment makes, replaces, deletes and leaves behind, by either policy", () => {
  test.each(Object.keys(CHANGES))("%s", (change) => {
    expect(cellsOf(change)).toEqual(documented.get(change));
  });

  test("and has a line for each of these and for no other", () => {
    expect([...documented.keys()]).toEqual(Object.keys(CHANGES));
  });
});

test("another policy changes what is there in place, and so deletes nothing by itself", () => {
  for (const [first, second] of [
    [RETAINS, DESTROYS],
    [DESTROYS, RETAINS],
  ] as const) {
    const { made, deleted, kept, replaced, replacedAndKept } = changesBetween(first.app(), second.app());
    expect([made, deleted, kept, replaced, replacedAndKept]).toEqual([[], [], [], [], []]);
  }
});

test("an app that does not recognise the properties of versions makes another version for a tag", () => {
  const versions = (recognizes: boolean, tag: string) => {
    const stack = new Stack(
      new App({ context: { "@aws-cdk/aws-lambda:recognizeVersionProps": recognizes } }),
      "Orders",
    );
    createRelay(stack);
    Tags.of(stack).add("team", tag);
    return Object.keys(synthesizeOwn(stack).findResources("AWS::Lambda::Version"));
  };
  expect(versions(true, "a")).toEqual(versions(true, "b"));
  expect(versions(false, "a")).not.toEqual(versions(false, "b"));
});

test("no change of a setting replaces or deletes, where the policy is to retain, what holds rows, dead letters or the record of operators", () => {
  for (const change of ["`ordering`, on", "`target`, a bus to a queue", "`table`, given", "`relayName`"]) {
    const [before, after] = CHANGES[change]?.(RETAINS) ?? [nothing, nothing];
    const { deleted, replaced } = changesBetween(before, after);
    for (const id of ["OutboxTable", "RelayJournal", "RelayDeadLetterQueue"]) {
      expect([...deleted, ...replaced]).not.toContain(id);
    }
  }
});

test("what the stack does not have any more can be adopted: an imported table needs to stay when a stack is deleted", () => {
  const { DeletionPolicy, Properties } = synthesize().toJSON()["Resources"].OutboxTable;
  expect(DeletionPolicy).toBe("Retain");
  // CloudFormation finds it by the name in the file of `cdk import`, for the template has none.
  expect(Properties).not.toHaveProperty("TableName");
  expect(page).toContain('{\\"OutboxTable\\":{\\"TableName\\":');
});

test("a mapping of another table's stream begins at the stream's beginning", () => {
  const mappings = Object.values(
    synthesize({ table: table("One") }).findResources("AWS::Lambda::EventSourceMapping"),
  ) as { Properties: { StartingPosition: string; EventSourceArn: string } }[];
  expect(mappings.map(({ Properties }) => [Properties.StartingPosition, Properties.EventSourceArn])).toEqual([
    ["TRIM_HORIZON", table("One").streamArn],
  ]);
});

test("the construct takes a table of its user's as the settings do", () => {
  const stack = createOwnStack({ env: { region: "us-east-1", account: "123456789012" } });
  const { arn, streamArn } = table("One");
  const imported = TableV2.fromTableAttributes(stack, "Imported", { tableArn: arn, tableStreamArn: streamArn });
  createRelay(stack, { table: imported });
  expect(Object.keys(synthesizeOwn(stack).findResources("AWS::DynamoDB::GlobalTable"))).toEqual([
    expect.stringMatching(/^RelayJournal/),
  ]);
});
