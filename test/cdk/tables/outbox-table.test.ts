import { Aspects, type CfnResource, type Stack } from "aws-cdk-lib";
import type { Template } from "aws-cdk-lib/assertions";
import { AttributeType, StreamViewType, Table, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { IConstruct } from "constructs";
import { describe, expect, test } from "vitest";
import { DEFAULT_TABLE_LOGICAL_ID } from "../../../lib/cdk/tables/outbox-table.ts";
import {
  allRowsFilter,
  createEncryptedRelay,
  createOwnStack,
  createRelay,
  OUTBOX_KEYS,
  onlyResource,
  synthesize,
  synthesizeOwn,
} from "../fixtures.ts";

const TABLE = "AWS::DynamoDB::GlobalTable";
/** The journal has no stream. */
const outboxTables = (template: Template): readonly string[] =>
  Object.entries(template.findResources(TABLE))
    .filter(([, { Properties }]) => Properties.StreamSpecification !== undefined)
    .map(([logicalId]) => logicalId);

describe("the table that is made", () => {
  const template = synthesize();
  const table = onlyResource(template, TABLE, DEFAULT_TABLE_LOGICAL_ID);

  test("keeps its logical id, since another one would be another table", () => {
    expect(outboxTables(template)).toEqual(["OutboxTable"]);
  });

  test("keeps its logical id wherever the construct stands", () => {
    const stack = createOwnStack();
    createRelay(stack, {}, "SomewhereElse");
    expect(outboxTables(synthesizeOwn(stack))).toEqual(["OutboxTable"]);
  });

  test("has the keys of the item contract", () => {
    expect(table.Properties.KeySchema).toEqual([
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ]);
    expect(table.Properties.AttributeDefinitions).toEqual([
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "N" },
    ]);
  });

  test("is retained when the stack goes or would replace it", () => {
    expect([table.DeletionPolicy, table.UpdateReplacePolicy]).toEqual(["Retain", "Retain"]);
  });

  test("is protected from deletion and can be restored to a point in time", () => {
    expect(table.Properties.Replicas).toEqual([
      {
        Region: { Ref: "AWS::Region" },
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    ]);
  });

  test("streams new images", () => {
    expect(table.Properties.StreamSpecification).toEqual({ StreamViewType: "NEW_IMAGE" });
  });

  test("is billed on demand", () => {
    expect(table.Properties.BillingMode).toBe("PAY_PER_REQUEST");
  });

  test("has no time to live", () => {
    expect(table.Properties).not.toHaveProperty("TimeToLiveSpecification");
  });

  test("is encrypted with a customer-managed key where one is given", () => {
    const template = synthesizeOwn(createEncryptedRelay().stack);
    const { Properties } = onlyResource(template, TABLE, DEFAULT_TABLE_LOGICAL_ID);
    expect(Properties.SSESpecification).toEqual({ SSEEnabled: true, SSEType: "KMS" });
    expect(Properties.Replicas[0].SSESpecification.KMSMasterKeyId).toEqual({
      "Fn::GetAtt": [expect.any(String), "Arn"],
    });
  });

  test("can have another logical id, so that a stack holds two relays", () => {
    const stack = createOwnStack();
    createRelay(stack, {}, "One");
    createRelay(stack, { tableLogicalId: "SecondOutbox" }, "Two");
    expect(outboxTables(synthesizeOwn(stack))).toEqual(["OutboxTable", "SecondOutbox"]);
  });
});

/** The keys of a table that sorts by a string, such as a timestamp. */
const textKeys = { ...OUTBOX_KEYS, sortKey: { name: "sk", type: AttributeType.STRING } };

describe("what would make an outbox table lose events is refused at synth", () => {
  const overrides: readonly (readonly [what: string, path: string, value: unknown, message: string])[] = [
    ["time to live", "TimeToLiveSpecification", { AttributeName: "expires", Enabled: true }, "time to live"],
    ["another view type", "StreamSpecification.StreamViewType", "KEYS_ONLY", "view type is KEYS_ONLY"],
    ["other keys", "KeySchema", [{ AttributeName: "id", KeyType: "HASH" }], "its keys are id (of no type)"],
    ["no stream", "StreamSpecification", undefined, "it has no stream"],
    [
      "a number as partition key",
      "AttributeDefinitions.0.AttributeType",
      "N",
      "its keys are pk (N) and sk (N). They must be pk (S) and sk (N)",
    ],
  ];

  test.each(overrides)("%s by an override", (_what, path, value, message) => {
    const stack = createOwnStack();
    const { table } = createRelay(stack);
    (table.node.defaultChild as CfnResource).addPropertyOverride(path, value);
    expect(() => synthesizeOwn(stack)).toThrow(message);
  });

  test("time to live by an aspect of somebody else's that runs before", () => {
    const stack = createOwnStack();
    createRelay(stack);
    Aspects.of(stack).add({
      visit(node: IConstruct) {
        if (node.node.path.endsWith("Table/Resource")) {
          (node as CfnResource).addPropertyOverride("TimeToLiveSpecification", { AttributeName: "ttl", Enabled: true });
        }
      },
    });
    expect(() => synthesizeOwn(stack)).toThrow("deletes rows that nobody has delivered");
  });

  test("time to live of a table that was given", () => {
    const stack = createOwnStack();
    const table = new TableV2(stack, "Table", {
      ...OUTBOX_KEYS,
      dynamoStream: StreamViewType.NEW_IMAGE,
      timeToLiveAttribute: "expires",
    });
    createRelay(stack, { table });
    expect(() => synthesizeOwn(stack)).toThrow("time to live");
  });

  test.each([
    ["TableV2", (stack: Stack) => new TableV2(stack, "Table", { ...textKeys, dynamoStream: StreamViewType.NEW_IMAGE })],
    ["Table", (stack: Stack) => new Table(stack, "Table", { ...textKeys, stream: StreamViewType.NEW_IMAGE })],
  ])("a sort key that is a text, in a %s that was given", (_kind, made) => {
    const stack = createOwnStack();
    createRelay(stack, { table: made(stack) });
    expect(() => synthesizeOwn(stack)).toThrow("its keys are pk (S) and sk (S). They must be pk (S) and sk (N)");
  });

  test("but not a time to live that is switched off, nor anything of a table that is as it should be", () => {
    const stack = createOwnStack();
    const { table } = createRelay(stack);
    const specification = { AttributeName: "expires", Enabled: false };
    (table.node.defaultChild as CfnResource).addPropertyOverride("TimeToLiveSpecification", specification);
    expect(() => synthesizeOwn(stack)).not.toThrow();
  });
});

describe("a table that was given", () => {
  const arn = "arn:aws:dynamodb:us-east-1:123456789012:table/Outbox";
  const streamArn = `${arn}/stream/2026-01-01T00:00:00.000`;

  test("is used in place of one that is made", () => {
    const template = synthesize({ table: { arn, streamArn } });
    expect(outboxTables(template)).toEqual([]);
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      EventSourceArn: streamArn,
      FilterCriteria: allRowsFilter("OutboxRelay"),
    });
    template.hasOutput("OutboxTableName", { Value: "Outbox" });
    template.hasOutput("OutboxTableArn", { Value: arn });
    expect(JSON.stringify(template.toJSON())).toContain(`"Resource":"${arn}"`);
  });

  test("may be a table of the stack's own, of either of the CDK's kinds", () => {
    for (const stream of [StreamViewType.NEW_IMAGE, StreamViewType.NEW_AND_OLD_IMAGES]) {
      const stack = createOwnStack();
      createRelay(stack, { table: new TableV2(stack, "Newer", { ...OUTBOX_KEYS, dynamoStream: stream }) }, "One");
      createRelay(stack, { table: new Table(stack, "Older", { ...OUTBOX_KEYS, stream }) }, "Two");
      synthesizeOwn(stack).resourceCountIs("AWS::Lambda::EventSourceMapping", 2);
    }
  });

  test("is refused without a stream, with the way out", () => {
    const stack = createOwnStack();
    const table = TableV2.fromTableName(stack, "Table", "Outbox");
    expect(() => createRelay(stack, { table })).toThrow(
      /Orders\/Relay.table is "Outbox": its stream is not known; .*fromTableAttributes with both tableArn and tableStreamArn/,
    );
  });
});
