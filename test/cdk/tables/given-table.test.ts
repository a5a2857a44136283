import { Stack } from "aws-cdk-lib";
import { type ITableV2, StreamViewType, Table, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { describe, expect, test } from "vitest";
import {
  createApp,
  createOwnStack,
  createRelay,
  OUTBOX_KEYS,
  synthesize,
  synthesizeOwn,
  synthesizeRelay,
} from "../fixtures.ts";

const HERE = { account: "111111111111", region: "eu-west-1" };
const arnIn = (account: string, region: string) => `arn:aws:dynamodb:${region}:${account}:table/Outbox`;
const streamOf = (tableArn: string) => `${tableArn}/stream/2026-01-01T00:00:00.000`;
const THERE = arnIn("222222222222", "eu-west-1");
const ELSEWHERE = arnIn("111111111111", "us-east-1");

/** The imported table does all that the relay needs, though its type says less. */
const olderImport = (stack: Stack, tableArn: string, tableStreamArn: string) =>
  Table.fromTableAttributes(stack, "Table", { tableArn, tableStreamArn }) as ITableV2;

/** Each of the CDK's ways to import a table with its stream. */
const IMPORTS: readonly (readonly [how: string, (stack: Stack, tableArn: string) => ITableV2])[] = [
  [
    "TableV2.fromTableAttributes by ARN",
    (stack, tableArn) => TableV2.fromTableAttributes(stack, "Table", { tableArn, tableStreamArn: streamOf(tableArn) }),
  ],
  [
    "TableV2.fromTableAttributes by name",
    (stack, tableArn) =>
      TableV2.fromTableAttributes(stack, "Table", { tableName: "Outbox", tableStreamArn: streamOf(tableArn) }),
  ],
  ["Table.fromTableAttributes by ARN", (stack, tableArn) => olderImport(stack, tableArn, streamOf(tableArn))],
];

describe.each(IMPORTS)("a table that %s imports", (_how, imported) => {
  test("may be in the stack's own account and region", () => {
    const stack = createOwnStack({ env: HERE });
    createRelay(stack, { table: imported(stack, arnIn(HERE.account, HERE.region)) });
    expect(() => synthesizeOwn(stack)).not.toThrow();
  });

  test.each([
    [THERE, "it is in the account 222222222222, and the stack in 111111111111"],
    [ELSEWHERE, "it is in the region us-east-1, and the stack in eu-west-1"],
  ])("is refused elsewhere: %s", (arn, message) => {
    const stack = createOwnStack({ env: HERE });
    expect(() => createRelay(stack, { table: imported(stack, arn) })).toThrow(
      `Orders/Relay.table is "Outbox": ${message}; deploy the relay there`,
    );
  });

  test("is refused by CloudFormation where only the deployment knows the stack's place", () => {
    const template = synthesizeRelay((stack) => ({ table: imported(stack, THERE) }));
    const rules = Object.values(template.toJSON()["Rules"]);
    expect(rules).toContainEqual({
      Assertions: [
        {
          Assert: { "Fn::Equals": [{ Ref: "AWS::AccountId" }, "222222222222"] },
          AssertDescription: expect.stringContaining("it is in the account 222222222222; deploy the relay there"),
        },
      ],
    });
    expect(rules).toContainEqual({
      Assertions: [expect.objectContaining({ Assert: { "Fn::Equals": [{ Ref: "AWS::Region" }, "eu-west-1"] } })],
    });
  });
});

describe("a table that was given", () => {
  test("is refused with another table's stream", () => {
    const stack = createOwnStack();
    const tableArn = arnIn(HERE.account, HERE.region);
    const tableStreamArn = streamOf(`${tableArn}2`);
    const table = olderImport(stack, tableArn, tableStreamArn);
    expect(() => createRelay(stack, { table })).toThrow(
      `Orders/Relay.table is "${tableStreamArn}": it is not a stream of the table Outbox, so the relay would read other rows`,
    );
  });

  test("needs no stream of the CDK's where the setting streamMapping names one", () => {
    const stack = createOwnStack({ env: HERE });
    const table = TableV2.fromTableName(stack, "Table", "Outbox");
    createRelay(stack, { table, streamMapping: { id: "again", streamLabel: "2026-01-31T12:00:00.000" } });
    expect(() => synthesizeOwn(stack)).not.toThrow();
  });

  test("may come from another stack of the app, in the same place", () => {
    const app = createApp();
    const data = new Stack(app, "Data", { env: HERE });
    const table = new TableV2(data, "Table", { ...OUTBOX_KEYS, dynamoStream: StreamViewType.NEW_IMAGE });
    const orders = new Stack(app, "Orders", { env: HERE });
    createRelay(orders, { table });
    expect(() => synthesizeOwn(orders)).not.toThrow();
  });

  test("is refused where it comes from a stack of the app in another region", () => {
    const app = createApp();
    const data = new Stack(app, "Data", { env: { ...HERE, region: "us-east-1" } });
    const table = new TableV2(data, "Table", { ...OUTBOX_KEYS, dynamoStream: StreamViewType.NEW_IMAGE });
    expect(() => createRelay(new Stack(app, "Orders", { env: HERE }), { table })).toThrow(
      "it is in the region us-east-1, and the stack in eu-west-1",
    );
  });

  test("is looked at where the settings name it, too", () => {
    const rules = synthesize({ table: { arn: THERE, streamArn: streamOf(THERE) } }).toJSON()["Rules"];
    expect(JSON.stringify(rules)).toContain("222222222222");
  });
});
