import { Token } from "aws-cdk-lib";
import { RegionInfo } from "aws-cdk-lib/region-info";
import { refuse } from "../contract/settings/setting-reader.ts";

/** What the ARNs of one kind of resource look like. */
export interface ArnShape {
  /** For messages, with its article. */
  readonly what: string;
  readonly service: string;
  /** The part behind the account. Its first group is the resource's name. */
  readonly resource: RegExp;
  /** The same for messages. */
  readonly example: string;
  /** The CDK's call that imports one by its ARN. */
  readonly byArn: string;
}

const TABLE = {
  service: "dynamodb",
  byArn: "TableV2.fromTableAttributes(this, id, { tableArn, tableStreamArn })",
} as const;

/**
 * The resources that a construct takes by their ARNs. Names:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/
 */
export const ARN_SHAPES = {
  bus: {
    what: "a bus",
    service: "events",
    resource: /^event-bus\/([\w./-]+)$/,
    example: "event-bus/<name>",
    byArn: "EventBus.fromEventBusArn(this, id, arn)",
  },
  queue: {
    what: "a queue",
    service: "sqs",
    resource: /^([\w-]+(?:\.fifo)?)$/,
    example: "<name>",
    byArn: "Queue.fromQueueArn(this, id, arn)",
  },
  topic: {
    what: "a topic",
    service: "sns",
    resource: /^([\w-]+(?:\.fifo)?)$/,
    example: "<name>",
    byArn: "Topic.fromTopicArn(this, id, arn)",
  },
  stream: {
    what: "a data stream",
    service: "kinesis",
    resource: /^stream\/([\w.-]+)$/,
    example: "stream/<name>",
    byArn: "Stream.fromStreamArn(this, id, arn)",
  },
  function: {
    what: "a function",
    service: "lambda",
    resource: /^function:([\w-]+)(?::[\w$.-]+)?$/,
    example: "function:<name>",
    byArn: "Function.fromFunctionArn(this, id, arn)",
  },
  table: { ...TABLE, what: "a table", resource: /^table\/([\w.-]+)$/, example: "table/<name>" },
  tableStream: {
    ...TABLE,
    what: "a table's stream",
    resource: /^table\/([\w.-]+)\/stream\/[^/]+$/,
    example: "table/<name>/stream/<label>",
  },
  secret: {
    what: "a secret",
    service: "secretsmanager",
    resource: /^secret:([\w/+=.@-]+)$/,
    example: "secret:<name>-<six characters>",
    byArn: "Secret.fromSecretCompleteArn(this, id, arn)",
  },
  parameter: {
    what: "a parameter",
    service: "ssm",
    resource: /^parameter\/([\w./-]+)$/,
    example: "parameter/<name>",
    byArn: "StringParameter.fromSecureStringParameterAttributes(this, id, { parameterName })",
  },
  key: {
    what: "a key",
    service: "kms",
    resource: /^(?:key|alias)\/([\w/-]+)$/,
    example: "key/<id>",
    byArn: "Key.fromKeyArn(this, id, arn)",
  },
} as const satisfies Readonly<Record<string, ArnShape>>;

/** An ARN, as far as it is known now: a part may be a token. */
export interface ArnParts {
  readonly region: string;
  readonly account: string;
  /** Undefined where only the deployment knows it. */
  readonly name: string | undefined;
}

const isKnown = (text: string): boolean => !Token.isUnresolved(text);

const fits = (part: string, wanted: string | RegExp): boolean =>
  !isKnown(part) || (typeof wanted === "string" ? part === wanted : wanted.test(part));

/** How a token appears inside a longer string. */
const TOKENS = /\$\{Token\[[^\]]*\]\}/g;

/**
 * Takes an ARN apart. The CDK imports by any string, so a wrong ARN would go unchecked into policies and to AWS.
 *
 * @returns undefined where the ARN as a whole is known only when the stack is deployed.
 * @throws SettingError for an ARN of another service or type, or of another partition than its region's, and for a
 * resource that was imported with an ARN or URL where a name belongs.
 */
export function readArn(path: string, arn: string, shape: ArnShape): ArnParts | undefined {
  if (/^\$\{Token\[[^\]]*\]\}/.test(arn)) return undefined;
  const { what, service, resource, example, byArn } = shape;
  const [scheme, partition = "", theirs = "", region = "", account = "", ...rest] = arn.split(":");
  const end = rest.join(":");
  const inName = /(?:^|[/:])(arn:.+|https?:\/\/.+)$/.exec(end)?.[1];
  if (inName !== undefined) {
    refuse(path, inName, `it was given where the name of ${what} is wanted; use ${byArn}`);
  }
  const found = resource.exec(end.replace(TOKENS, "x"));
  const isRight =
    scheme === "arn" && fits(theirs, service) && fits(region, /^[a-z0-9-]+$/) && fits(account, /^\d{12}$/);
  if (!isRight || found === null) {
    refuse(path, arn, `it must be the ARN of ${what}, arn:<partition>:${service}:<region>:<account>:${example}`);
  }
  const own = isKnown(region) ? RegionInfo.get(region).partition : undefined;
  if (own !== undefined && isKnown(partition) && partition !== own) {
    refuse(
      path,
      arn,
      `its partition is ${partition}, and that of the region ${region} is ${own}; write arn:${own}:...`,
    );
  }
  return { region, account, name: isKnown(end) ? found[1] : undefined };
}

/**
 * An ARN in a form that can be compared: without the partition, which follows from the region. Undefined if its
 * account, region or name is known only when the stack is deployed.
 */
export function comparableArn(arn: string): string | undefined {
  const [, , ...rest] = arn.split(":");
  const text = rest.join(":");
  return rest.length > 2 && isKnown(text) ? text : undefined;
}
