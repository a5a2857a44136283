import { Token } from "aws-cdk-lib";
import type { ITableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { refuse } from "../contract/settings/setting-reader.ts";
import { ARN_SHAPES, type ArnShape, readArn } from "./arns.ts";

/** Reads the CDK's resources, also from programs without types: a resource is recognised by its properties. */

type ReadValue<Value> = (path: string, value: unknown) => Value;

/**
 * Reads a resource of the CDK, made or imported.
 *
 * @param names of string properties that every such resource has.
 * @param allowed what the value must be, and how to get one.
 */
export const resource =
  <Resource>(names: readonly string[], allowed: string): ReadValue<Resource> =>
  (path, value) =>
    hasTexts(value, names) ? (value as Resource) : refuse(path, value, allowed);

function hasTexts(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === "string");
}

/** The properties that hold a resource's ARN and, if an import may set it separately, its name. */
interface Identity {
  readonly shape: ArnShape;
  readonly arn: string;
  readonly name?: string;
}

/**
 * Reads a resource and checks its ARN. An imported one holds whatever it was given.
 *
 * @param path as in {@link resource}; the refusal of a wrong ARN or name is about a property of it.
 */
export const resourceByArn =
  <Resource>({ shape, arn, name }: Identity, names: readonly string[], allowed: string): ReadValue<Resource> =>
  (path, value) => {
    const read = resource<Resource>(name === undefined ? [arn, ...names] : [arn, name, ...names], allowed)(path, value);
    const texts = value as Readonly<Record<string, string>>;
    const parts = readArn(`${path}.${arn}`, texts[arn] as string, shape);
    const claimed = name === undefined ? undefined : texts[name];
    if (parts?.name !== undefined && claimed !== undefined && !Token.isUnresolved(claimed) && claimed !== parts.name) {
      refuse(
        `${path}.${name}`,
        claimed,
        `its ARN ${texts[arn]} is of another, ${parts.name}; import it by one of the two`,
      );
    }
    return read;
  };

export const readTable = resourceByArn<ITableV2>(
  { shape: ARN_SHAPES.table, arn: "tableArn", name: "tableName" },
  [],
  "it must be a table of the CDK's: a TableV2, or TableV2.fromTableAttributes(this, id, { tableArn, tableStreamArn })",
);

export const readKey = resourceByArn<IKey>(
  { shape: ARN_SHAPES.key, arn: "keyArn" },
  [],
  "it must be a key of the CDK's: a Key, or Key.fromKeyArn(this, id, arn)",
);

export const readTopic = resourceByArn<ITopic>(
  { shape: ARN_SHAPES.topic, arn: "topicArn", name: "topicName" },
  [],
  "it must be a topic of the CDK's: a Topic, or Topic.fromTopicArn(this, id, arn)",
);

/** CloudWatch reports only to standard topics. */
export function readStandardTopic(path: string, value: unknown): ITopic {
  const topic = readTopic(path, value);
  return topic.fifo
    ? refuse(path, topic, "it is a FIFO topic, and CloudWatch reports to standard topics alone")
    : topic;
}

/** Reads a string, or accepts one that is known only when the stack is deployed. */
export const textOrToken =
  (pattern: RegExp, allowed: string): ReadValue<string> =>
  (path, value) =>
    typeof value === "string" && (Token.isUnresolved(value) || pattern.test(value))
      ? value
      : refuse(path, value, allowed);
