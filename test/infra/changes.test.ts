import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Template } from "aws-cdk-lib/assertions";
import { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { EventBus } from "aws-cdk-lib/aws-events";
import { Key } from "aws-cdk-lib/aws-kms";
import { describe, expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../lib/cdk/bundles.ts";
import type { OutboxRelayProps } from "../../lib/cdk/outbox-relay-props.ts";
import { OutboxTarget } from "../../lib/cdk/targets/outbox-target.ts";
import { createOwnStack, createRelay, synthesize, synthesizeOwn } from "./fixtures.ts";
import { type Changes, changesBetween } from "./template-changes.ts";

const table = (name: string) => {
  const arn = `arn:aws:dynamodb:us-east-1:123456789012:table/${name}`;
  return { arn, streamArn: `${arn}/stream/2026-01-31T12:00:00.000` };
};

/** A relay in a stack of its user's, beside a key that it may or may not be given. */
function own(props: Partial<OutboxRelayProps> = {}, isEncrypted = false): Template {
  const stack = createOwnStack({ env: { region: "us-east-1" } });
  const encryptionKey = new Key(stack, "Key");
  const target = OutboxTarget.eventBridge(new EventBus(stack, "Bus"));
  createRelay(stack, { relayName: "orders", target, ...props, ...(isEncrypted ? { encryptionKey } : {}) });
  return synthesizeOwn(stack);
}

const queue = { target: { kind: "sqs" } };
const nothing = { toJSON: () => ({ Resources: {} }) } as unknown as Template;

/** The lines of docs/changes.md, and what they tell of. */
const CHANGES: Readonly<Record<string, () => readonly [before: Template, after: Template]>> = {
  "a delivery setting, memory, code": () => [synthesize(), synthesize({ concurrency: 5, memoryMb: 512 })],
  "`ordering`, on": () => [synthesize(), synthesize({ ordering: "per-key" })],
  "`ordering`, off": () => [synthesize({ ordering: "strict" }), synthesize()],
  "`eventTypes`, given": () => [synthesize(), synthesize({ eventTypes: { except: ["parcel.*"] } })],
  "`target`, a bus to a queue": () => [synthesize(), synthesize(queue)],
  "`target`, a queue to a bus": () => [synthesize(queue), synthesize()],
  "`target`, a queue to a FIFO queue": () => [synthesize(queue), synthesize({ target: { kind: "sqs", fifo: true } })],
  "`target`, the stack's bus to another": () => [
    synthesize(),
    synthesize({ target: { kind: "eventbridge", busName: "orders" } }),
  ],
  "`table`, given": () => [synthesize(), synthesize({ table: table("One") })],
  "`table`, another": () => [synthesize({ table: table("One") }), synthesize({ table: table("Two") })],
  "`tableLogicalId`": () => [own(), own({ tableLogicalId: "Second" })],
  "`counterTable`, off": () => [synthesize({ counterTable: true }), synthesize()],
  "`encryptionKey`, given": () => [own(), own({}, true)],
  "`relayName`": () => [own(), own({ relayName: "parcels" })],
  "`streamMapping`": () => [
    synthesize(),
    synthesize({ streamMapping: { id: "2", streamLabel: "2026-01-31T12:00:00.000" } }),
  ],
  "`cdk destroy`": () => [synthesize(), nothing],
};

const page = readFileSync(join(PACKAGE_ROOT, "docs", "changes.md"), "utf8");
const documented = new Map(
  (page.split("| change | made |")[1] ?? "")
    .split("\n")
    .slice(2)
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, change = "", ...cells]) => [change, cells.slice(0, 4)]),
);

const isVersion = (id: string) => id.endsWith("CurrentVersion");
const cell = (ids: readonly string[], before = ""): string =>
  ids
    .filter((id) => !isVersion(id))
    .map((id) => `${before}\`${id}\``)
    .join(", ");

function cellsOf(changes: Changes): readonly string[] {
  const deleted = changes.deleted.length > 20 ? "all else" : cell(changes.deleted);
  const kept = [cell(changes.kept), cell(changes.replacedAndKept, "the ").replace(/`$/, "` before")];
  return [
    cell(changes.made),
    cell([...changes.replaced, ...changes.replacedAndKept]),
    deleted,
    kept.filter((each) => each !== "").join(", "),
  ];
}

describe("docs/changes.md tells what a deployment makes, replaces, deletes and leaves behind", () => {
  test.each(Object.entries(CHANGES))("%s", (change, templates) => {
    const [before, after] = templates();
    expect(cellsOf(changesBetween(before, after))).toEqual(documented.get(change));
  });

  test("and has a line for each of these and for no other", () => {
    expect([...documented.keys()]).toEqual(Object.keys(CHANGES));
  });
});

test("no change of a setting replaces or deletes what holds rows, dead letters or the record of operators", () => {
  for (const change of ["`ordering`, on", "`target`, a bus to a queue", "`table`, given", "`relayName`"]) {
    const [before, after] = CHANGES[change]?.() ?? [nothing, nothing];
    const { deleted, replaced } = changesBetween(before, after);
    for (const id of ["OutboxTable", "RelayJournal", "RelayDeadLetterQueue"]) {
      expect([...deleted, ...replaced]).not.toContain(id);
    }
  }
});

test("what the stack does not have any more can be adopted: an imported table needs to stay when a stack is deleted", () => {
  const { DeletionPolicy, Properties } = synthesize().toJSON()["Resources"].OutboxTable;
  expect(DeletionPolicy).toBe("Retain");
  // CloudFormation finds it by the name that the file of `cdk import` gives: the template has none.
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
