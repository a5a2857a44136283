import { Token } from "aws-cdk-lib";
import type { IEventBus } from "aws-cdk-lib/aws-events";
import type { IStream } from "aws-cdk-lib/aws-kinesis";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import {
  type Fields,
  type Readers,
  readAll,
  readFields,
  readFlag,
  readList,
  readOneOf,
  readText,
  refuse,
} from "../../contract/setting-reader.ts";
import {
  readKafkaCallBytes,
  readKinesisRecordBytes,
  readNatsControlLineBytes,
  readNatsPayloadBytes,
  readSnsMessageBytes,
} from "../../contract/sizes.ts";
import { ARN_SHAPES } from "../../synth/arns.ts";
import { readTopic, resourceByArn, textOrToken } from "../../synth/cdk-values.ts";
import { readBusCheckEverySeconds, readBusMemorySeconds } from "../../targets/eventbridge/bus-checks.ts";
import type { EventBridgeTargetOptions } from "../../targets/eventbridge/construct.ts";
import type { HttpTargetOptions } from "../../targets/http/construct.ts";
import { HTTP_FIELDS, readHttpTarget } from "../../targets/http/settings.ts";
import {
  KAFKA_MECHANISMS,
  type KafkaCredentials,
  type KafkaTargetProps,
  type MskTargetProps,
} from "../../targets/kafka/construct.ts";
import type { KinesisTargetOptions } from "../../targets/kinesis/construct.ts";
import type { LambdaTargetOptions } from "../../targets/lambda/construct.ts";
import { LAMBDA_CALL_NAMES, type LambdaCallSettings, readLambdaCall } from "../../targets/lambda/settings.ts";
import type { NakadiTargetOptions } from "../../targets/nakadi/construct.ts";
import { NAKADI_FIELDS, readNakadiTarget } from "../../targets/nakadi/settings.ts";
import type { NatsCredentials, NatsTargetOptions } from "../../targets/nats/construct.ts";
import { readInboxPrefix, readStreamName, readSubject } from "../../targets/nats/subject.ts";
import type { RabbitMqTargetOptions } from "../../targets/rabbitmq/construct.ts";
import { readBrokerUrl } from "../../targets/shared/broker-url.ts";
import { readRouteTemplate } from "../../targets/shared/route-template.ts";
import { requireQueueUrlOf } from "../../targets/shared/synth/queue-url.ts";
import { readNetwork, readTargetSecret } from "../../targets/shared/synth/read-network.ts";
import type { SnsTargetOptions } from "../../targets/sns/construct.ts";
import type { SqsTargetOptions } from "../../targets/sqs/construct.ts";

/**
 * Reads what the functions of `OutboxTarget` are given, of a program without types too. Each takes the path that names it in
 * messages. TypeScript asks for a reader of every option.
 */

type Read<Value> = (path: string, value: unknown) => Value;

export const readBus = resourceByArn<IEventBus>(
  { shape: ARN_SHAPES.bus, arn: "eventBusArn", name: "eventBusName" },
  [],
  "it must be a bus of the CDK's: an EventBus, or EventBus.fromEventBusName(this, id, name)",
);
const readAnyQueue = resourceByArn<IQueue>(
  { shape: ARN_SHAPES.queue, arn: "queueArn", name: "queueName" },
  ["queueUrl"],
  "it must be a queue of the CDK's: a Queue, or Queue.fromQueueArn(this, id, arn)",
);

/** The relay is granted the ARN and sends to the URL. */
export function readQueue(path: string, value: unknown): IQueue {
  const queue = readAnyQueue(path, value);
  requireQueueUrlOf(`${path}.queueUrl`, queue);
  return queue;
}

export const readStream = resourceByArn<IStream>(
  { shape: ARN_SHAPES.stream, arn: "streamArn", name: "streamName" },
  [],
  "it must be a Kinesis stream of the CDK's: a Stream, or Stream.fromStreamArn(this, id, arn)",
);
export const readFunction = resourceByArn<IFunction>(
  { shape: ARN_SHAPES.function, arn: "functionArn" },
  [],
  "it must be a function of the CDK's: a Function, an Alias, or Function.fromFunctionArn(this, id, arn)",
);

const listOf =
  <Entry>(read: Read<Entry>): Read<readonly Entry[]> =>
  (path, value) =>
    readList(path, value, read);

const optionsOf =
  <Options extends object>(readers: Readers<Options>, required: readonly (keyof Options & string)[] = []) =>
  (path: string, value: unknown): Options =>
    readAll<Options>(path, value, readers, required);

export const readEventBridgeOptions = optionsOf<EventBridgeTargetOptions>({
  alsoTo: listOf(readBus),
  unverified: readFlag,
  guardBus: readFlag,
  busMemorySeconds: readBusMemorySeconds,
  busCheckEverySeconds: readBusCheckEverySeconds,
});

export const readSqsOptions = optionsOf<SqsTargetOptions>({ alsoTo: listOf(readQueue) });

export const readSnsOptions = optionsOf<SnsTargetOptions>({
  alsoTo: listOf(readTopic),
  maxMessageBytes: readSnsMessageBytes,
});

export const readKinesisOptions = optionsOf<KinesisTargetOptions>({
  alsoTo: listOf(readStream),
  maxRecordBytes: readKinesisRecordBytes,
});

export function readLambdaOptions(path: string, value: unknown): LambdaTargetOptions {
  const given: Fields<keyof LambdaTargetOptions> = readFields(path, value, ["alsoTo", ...LAMBDA_CALL_NAMES]);
  const { alsoTo, ...call } = given;
  // They are read together, for some of them exclude others.
  readLambdaCall(path, call);
  return {
    ...(call as Partial<LambdaCallSettings>),
    ...(alsoTo === undefined ? {} : { alsoTo: readList(`${path}.alsoTo`, alsoTo, readFunction) }),
  };
}

/** What is known only when the stack is deployed cannot be looked at now. */
const orToken =
  (read: (path: string, value: unknown) => unknown): Read<string> =>
  (path, value) => {
    if (!(typeof value === "string" && Token.isUnresolved(value))) read(path, value);
    return value as string;
  };

const readName = orToken((path, value) => readText(path, value));

export const readRabbitMqOptions = optionsOf<RabbitMqTargetOptions>(
  {
    url: orToken((path, value) => readBrokerUrl(path, value, ["amqps", "amqp"])),
    exchange: readName,
    routingKey: (path, value) => readRouteTemplate(path, value).text,
    queue: readName,
    username: readTargetSecret,
    password: readTargetSecret,
    ca: readTargetSecret,
    alsoTo: listOf(readName),
    network: readNetwork,
  },
  ["url"],
);

const CREDENTIALS_NAMES = ["username", "password", "token", "nkeySeed", "creds"] as const;

function readNatsCredentials(path: string, value: unknown): NatsCredentials {
  const given = readFields(path, value, CREDENTIALS_NAMES);
  const names = CREDENTIALS_NAMES.filter((name) => given[name] !== undefined).join(" and ");
  if (!["username and password", "token", "nkeySeed", "creds"].includes(names)) {
    return refuse(path, value, "it must hold username and password, or token, or nkeySeed, or creds");
  }
  for (const [name, secret] of Object.entries(given))
    if (secret !== undefined) readTargetSecret(`${path}.${name}`, secret);
  return given as NatsCredentials;
}

export const readNatsOptions = optionsOf<NatsTargetOptions>(
  {
    servers: nonEmpty(orToken((path, value) => readBrokerUrl(path, value, ["tls", "nats"]))),
    subject: (path, value) => readSubject(path, value).text,
    alsoTo: listOf((path, value) => readSubject(path, value).text),
    stream: readStreamName,
    credentials: readNatsCredentials,
    ca: readTargetSecret,
    inboxPrefix: readInboxPrefix,
    maxPayloadBytes: readNatsPayloadBytes,
    maxControlLineBytes: readNatsControlLineBytes,
    network: readNetwork,
  },
  ["servers", "subject"],
);

function nonEmpty(read: Read<string>): Read<readonly string[]> {
  return (path, value) =>
    Array.isArray(value) && value.length > 0
      ? readList(path, value, read)
      : refuse(path, value, "it must be a list of one address at least");
}

const readBroker = textOrToken(
  /^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$/,
  "it must be host:port, for example b-1.example.com:9098",
);
const readKafkaTopic = textOrToken(
  /^[\w.-]{1,249}$/,
  "it must be 1 to 249 letters, digits, dots, underscores and hyphens",
);

const topicOptions = {
  brokers: nonEmpty(readBroker),
  topic: readKafkaTopic,
  alsoTo: listOf(readKafkaTopic),
  maxBytes: readKafkaCallBytes,
  network: readNetwork,
};

export const readKafkaOptions = optionsOf<KafkaTargetProps>(
  {
    ...topicOptions,
    auth: optionsOf<KafkaCredentials>(
      {
        mechanism: (path, value) => readOneOf(path, value, KAFKA_MECHANISMS),
        username: readTargetSecret,
        password: readTargetSecret,
      },
      ["mechanism", "username", "password"],
    ),
    tls: readFlag,
    ca: readTargetSecret,
  },
  ["brokers", "topic"],
);

export const readMskOptions = optionsOf<MskTargetProps>(
  {
    ...topicOptions,
    clusterArn: textOrToken(
      /^arn:[\w-]+:kafka:[\w-]+:\d{12}:cluster\/[^/]+\/[^/]+$/,
      "it must be arn:<partition>:kafka:<region>:<account>:cluster/<name>/<uuid>",
    ),
  },
  ["brokers", "topic", "clusterArn"],
);

/** Those over HTTP are read by what reads them in the functions, with the CDK's secrets in place of references to them. */
export function readHttpOptions(path: string, value: unknown): HttpTargetOptions {
  readHttpTarget(path, overHttp(path, value, "http"), readTargetSecret, Token.isUnresolved);
  return value as HttpTargetOptions;
}

export function readNakadiOptions(path: string, value: unknown): NakadiTargetOptions {
  readNakadiTarget(path, overHttp(path, value, "nakadi"), readTargetSecret, Token.isUnresolved);
  return value as NakadiTargetOptions;
}

function overHttp(path: string, value: unknown, kind: "http" | "nakadi") {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(
      path,
      value,
      `it must be an object with url${kind === "nakadi" ? ", eventType" : ""} and what else there is to say`,
    );
  }
  const names = [...(kind === "http" ? HTTP_FIELDS : NAKADI_FIELDS), "network"];
  const { network, ...options } = readFields<string>(path, value, names);
  if (network !== undefined) readNetwork(`${path}.network`, network);
  return { ...options, kind };
}
