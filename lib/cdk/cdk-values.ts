import { Token } from "aws-cdk-lib";
import type { ITableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { refuse } from "../core/setting-reader.ts";

/** Reads what the CDK makes, of a program without types too: a resource is known by the names that it has. */

type ReadValue<Value> = (path: string, value: unknown) => Value;

/**
 * Reads a resource of the CDK, made or imported.
 *
 * @param names of texts that every such resource has.
 * @param allowed what it must be, and how to come by it.
 */
export const resource =
  <Resource>(names: readonly string[], allowed: string): ReadValue<Resource> =>
  (path, value) =>
    hasTexts(value, names) ? (value as Resource) : refuse(path, value, allowed);

export function hasTexts(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === "string");
}

export const readTable = resource<ITableV2>(
  ["tableArn", "tableName"],
  "it must be a table of the CDK's: a TableV2, or TableV2.fromTableAttributes(this, id, { tableArn, tableStreamArn })",
);

export const readKey = resource<IKey>(
  ["keyArn"],
  "it must be a key of the CDK's: a Key, or Key.fromKeyArn(this, id, arn)",
);

const readAnyTopic = resource<ITopic>(
  ["topicArn", "topicName"],
  "it must be a topic of the CDK's: a Topic, or Topic.fromTopicArn(this, id, arn)",
);

/** CloudWatch reports to standard topics alone. */
export function readStandardTopic(path: string, value: unknown): ITopic {
  const topic = readAnyTopic(path, value);
  return topic.fifo
    ? refuse(path, topic, "it is a FIFO topic, and CloudWatch reports to standard topics alone")
    : topic;
}

/** Reads a text, or takes one that is known only when the stack is deployed. */
export const textOrToken =
  (pattern: RegExp, allowed: string): ReadValue<string> =>
  (path, value) =>
    typeof value === "string" && (Token.isUnresolved(value) || pattern.test(value))
      ? value
      : refuse(path, value, allowed);
