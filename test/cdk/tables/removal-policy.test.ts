import { RemovalPolicy } from "aws-cdk-lib";
import type { Template } from "aws-cdk-lib/assertions";
import { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { describe, expect, test } from "vitest";
import {
  createOwnStack,
  createRelay,
  findResources,
  onlyResource,
  synthesize,
  synthesizeOwn,
  synthesizeRelay,
} from "../fixtures.ts";

const TABLE = "AWS::DynamoDB::GlobalTable";
const KEPT_TYPES = [TABLE, "AWS::SQS::Queue", "AWS::Kinesis::Stream"];

/** All resources of a template that hold events or records of them. */
const keptIn = (template: Template) => KEPT_TYPES.flatMap((type) => findResources(template, type));
const policiesIn = (template: Template) =>
  new Set(keptIn(template).flatMap(({ DeletionPolicy, UpdateReplacePolicy }) => [DeletionPolicy, UpdateReplacePolicy]));

/** A relay with all kinds of tables, and with a target that holds events itself. */
const variants = ["sqs", "kinesis"].map((kind) => ({ target: { kind }, counterTable: true }));

describe("what holds events", () => {
  test.each(variants)("outlives the stack and is protected from deletion: %j", (context) => {
    for (const template of [synthesize(context), synthesize({ ...context, removalPolicy: "retain" })]) {
      // The outbox, the journal, the counters, the dead-letter queue, and the target's queue or stream.
      expect(keptIn(template)).toHaveLength(5);
      expect(policiesIn(template)).toEqual(new Set(["Retain"]));
      for (const { Properties } of findResources(template, TABLE)) {
        expect(Properties.Replicas[0].DeletionProtectionEnabled).toBe(true);
      }
    }
  });

  test.each(variants)("goes with the stack where that is asked for, all of it: %j", (context) => {
    const template = synthesize({ ...context, removalPolicy: "destroy" });
    expect(keptIn(template)).toHaveLength(5);
    expect(policiesIn(template)).toEqual(new Set(["Delete"]));
    for (const { Properties } of findResources(template, TABLE)) {
      // A protected table is not deleted, and the whole destroy would fail.
      expect(Properties.Replicas[0].DeletionProtectionEnabled).toBe(false);
      // The last backup that DynamoDB keeps is all that is left of the undelivered events.
      expect(Properties.Replicas[0].PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
    }
  });

  test("is otherwise the same", () => {
    const plain = (context: object): string =>
      JSON.stringify(synthesize(context).toJSON()).replace(/"DeletionProtectionEnabled":\w+|"(Retain|Delete)"/g, "");
    expect(plain({ removalPolicy: "destroy" })).toBe(plain({}));
  });

  test("goes by the CDK's own word in a stack of somebody else's", () => {
    const template = synthesizeRelay({ removalPolicy: RemovalPolicy.DESTROY });
    expect(policiesIn(template)).toEqual(new Set(["Delete"]));
  });

  test("is its owner's where a table is given", () => {
    const stack = createOwnStack();
    const { table } = createRelay(stack, { eventTypes: { except: ["a"] } }, "First");
    createRelay(stack, { table, removalPolicy: RemovalPolicy.DESTROY, eventTypes: { only: ["a"] } }, "Second");
    const imported = createOwnStack();
    const arn = "arn:aws:dynamodb:us-east-1:123456789012:table/Outbox";
    const given = TableV2.fromTableAttributes(imported, "Table", {
      tableArn: arn,
      tableStreamArn: `${arn}/stream/2026-01-31T12:00:00.000`,
    });
    createRelay(imported, { table: given, removalPolicy: RemovalPolicy.DESTROY });
    expect(onlyResource(synthesizeOwn(stack), TABLE, "OutboxTable").DeletionPolicy).toBe("Retain");
    expect(findResources(synthesizeOwn(imported), TABLE, "OutboxTable")).toEqual([]);
  });

  test.each([RemovalPolicy.SNAPSHOT, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE])("cannot have %s", (policy) => {
    const stack = createOwnStack();
    expect(() => createRelay(stack, { removalPolicy: policy as RemovalPolicy.RETAIN })).toThrow(
      `Orders/Relay.removalPolicy is "${policy}": it must be "retain" or "destroy"`,
    );
  });
});

describe("the throughput that the table has from its first second", () => {
  const warmIn = (context: unknown) =>
    onlyResource(synthesize(context), TABLE, "OutboxTable").Properties.WarmThroughput;

  test("is DynamoDB's own unless some is asked for", () => {
    expect(warmIn({})).toBeUndefined();
    expect(warmIn({ warmThroughput: { writeUnitsPerSecond: 30_000 } })).toEqual({ WriteUnitsPerSecond: 30_000 });
    expect(warmIn({ warmThroughput: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 4_000 } })).toEqual({
      ReadUnitsPerSecond: 12_000,
      WriteUnitsPerSecond: 4_000,
    });
  });

  test("is the outbox's alone, since no other table has the load", () => {
    const template = synthesize({ counterTable: true, warmThroughput: { writeUnitsPerSecond: 30_000 } });
    const warm = findResources(template, TABLE).map(({ Properties }) => Properties.WarmThroughput);
    expect(warm.filter((each) => each !== undefined)).toHaveLength(1);
  });

  test.each([
    [{ writeUnitsPerSecond: 3_999 }, "writeUnitsPerSecond is 3999: it must be an integer from 4000 to"],
    [{ readUnitsPerSecond: 11_999 }, "readUnitsPerSecond is 11999: it must be an integer from 12000 to"],
  ])("is no less than a new table has: %j", (warmThroughput, message) => {
    expect(() => synthesize({ warmThroughput })).toThrow(`outboxRelay.warmThroughput.${message}`);
  });

  test("says at least one number", () => {
    expect(() => synthesize({ warmThroughput: {} })).toThrow(
      "outboxRelay.warmThroughput is {}: it must have readUnitsPerSecond or writeUnitsPerSecond, or both.",
    );
  });

  test("is its owner's to say of a table that is given", () => {
    const stack = createOwnStack();
    const { table } = createRelay(stack, {}, "First");
    expect(() => createRelay(stack, { table, warmThroughput: { writeUnitsPerSecond: 30_000 } }, "Second")).toThrow(
      "Orders/Second.warmThroughput is ",
    );
  });
});
