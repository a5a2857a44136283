import { EventBus } from "aws-cdk-lib/aws-events";
import { Stream } from "aws-cdk-lib/aws-kinesis";
import { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, test } from "vitest";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import { SettingError } from "../../../lib/contract/settings/setting-reader.ts";
import type { EventBridgeTargetOptions } from "../../../lib/targets/eventbridge/construct.ts";
import type { HttpTargetOptions } from "../../../lib/targets/http/construct.ts";
import type { KafkaTargetProps, MskTargetProps } from "../../../lib/targets/kafka/construct.ts";
import type { KinesisTargetOptions } from "../../../lib/targets/kinesis/construct.ts";
import type { LambdaTargetOptions } from "../../../lib/targets/lambda/construct.ts";
import type { NakadiTargetOptions } from "../../../lib/targets/nakadi/construct.ts";
import type { NatsTargetOptions } from "../../../lib/targets/nats/construct.ts";
import type { RabbitMqTargetOptions } from "../../../lib/targets/rabbitmq/construct.ts";
import type { SnsTargetOptions } from "../../../lib/targets/sns/construct.ts";
import type { SqsTargetOptions } from "../../../lib/targets/sqs/construct.ts";
import { createOwnStack } from "../fixtures.ts";
import { WRONG } from "../wrong-values.ts";

const stack = createOwnStack();
const url = "https://events.example.com/orders";
const secret = new Secret(stack, "Secret");

const FIRST = {
  eventBridge: new EventBus(stack, "Bus"),
  sqs: new Queue(stack, "Queue"),
  sns: new Topic(stack, "Topic"),
  kinesis: new Stream(stack, "Stream"),
  lambda: LambdaFunction.fromFunctionArn(stack, "Billing", "arn:aws:lambda:us-east-1:123456789012:function:billing"),
};

/** Options are passed as by a program without types. */
type Make = (options: unknown) => OutboxTarget;
const MAKE: { readonly [Name in keyof typeof OutboxTarget]: Make } = {
  eventBridge: (options) => OutboxTarget.eventBridge(FIRST.eventBridge, options as EventBridgeTargetOptions),
  sqs: (options) => OutboxTarget.sqs(FIRST.sqs, options as SqsTargetOptions),
  sns: (options) => OutboxTarget.sns(FIRST.sns, options as SnsTargetOptions),
  kinesis: (options) => OutboxTarget.kinesis(FIRST.kinesis, options as KinesisTargetOptions),
  lambda: (options) => OutboxTarget.lambda(FIRST.lambda, options as LambdaTargetOptions),
  http: (options) => OutboxTarget.http(options as HttpTargetOptions),
  nakadi: (options) => OutboxTarget.nakadi(options as NakadiTargetOptions),
  rabbitMq: (options) => OutboxTarget.rabbitMq(options as RabbitMqTargetOptions),
  nats: (options) => OutboxTarget.nats(options as NatsTargetOptions),
  kafka: (options) => OutboxTarget.kafka(options as KafkaTargetProps),
  msk: (options) => OutboxTarget.msk(options as MskTargetProps),
};

/** The required options of each target. */
const LEAST = {
  eventBridge: {},
  sqs: {},
  sns: {},
  kinesis: {},
  lambda: {},
  http: { url },
  nakadi: { url, eventType: "shop.order-placed" },
  rabbitMq: { url: "amqps://broker.example.com", exchange: "orders" },
  nats: { servers: ["tls://nats.example.com"], subject: "orders" },
  kafka: { brokers: ["b-1.example.com:9098"], topic: "orders" },
  msk: {
    brokers: ["b-1.example.com:9098"],
    topic: "orders",
    clusterArn: "arn:aws:kafka:us-east-1:123456789012:cluster/orders/abc-1",
  },
} as const satisfies { readonly [Name in keyof typeof OutboxTarget]: object };

/** The names of those wrong values that are right for an option after all. */
type RightFor<Options> = { readonly [Name in keyof Required<Options>]: readonly string[] };

const EMPTY = ["an empty list"];
const TEXTS = ["a text", "a number in a text", "yes"];
const WORDS = ["a number in a text", "yes"];
const NETWORK: readonly string[] = [];
const FLAG = ["true"];

const eventBridge: RightFor<EventBridgeTargetOptions> = {
  ...{ alsoTo: EMPTY, unverified: FLAG, guardBus: FLAG, busMemorySeconds: ["0"], busCheckEverySeconds: ["0"] },
};
const sqs: RightFor<SqsTargetOptions> = { alsoTo: EMPTY };
const sns: RightFor<SnsTargetOptions> = { alsoTo: EMPTY, maxMessageBytes: [] };
const kinesis: RightFor<KinesisTargetOptions> = { alsoTo: EMPTY, maxRecordBytes: [] };
const lambda: RightFor<LambdaTargetOptions> = {
  ...{ alsoTo: EMPTY, mode: [], invocation: [], atomic: FLAG, batchSize: [], timeoutSeconds: [] },
};
const overHttp = { url: [], auth: [], ca: [], allowInsecure: FLAG, timeoutMs: [], network: NETWORK };
const http: RightFor<HttpTargetOptions> = {
  ...{ ...overHttp, alsoTo: EMPTY, mode: [], signing: EMPTY, maxEntries: [], maxBytes: [], maxHeaderBytes: [] },
};
const nakadi: RightFor<NakadiTargetOptions> = {
  ...{ ...overHttp, eventType: ["yes"], alsoTo: EMPTY, events: [], partitions: [], compacted: FLAG },
};
const NAMES = [...EMPTY, "a list of a text"];
const rabbitMq: RightFor<RabbitMqTargetOptions> = {
  ...{ url: [], exchange: TEXTS, routingKey: TEXTS, queue: [], username: [], password: [], ca: [], alsoTo: NAMES },
  network: NETWORK,
};
const nats: RightFor<NatsTargetOptions> = {
  ...{ servers: [], subject: WORDS, alsoTo: EMPTY, stream: WORDS, credentials: [], ca: [], inboxPrefix: WORDS },
  ...{ maxPayloadBytes: [], maxControlLineBytes: [], network: NETWORK },
};
const topic = { brokers: [], topic: WORDS, alsoTo: EMPTY, maxBytes: [], network: NETWORK };
const kafka: RightFor<KafkaTargetProps> = { ...topic, auth: [], tls: FLAG, ca: [] };
const msk: RightFor<MskTargetProps> = { ...topic, clusterArn: [] };

const RIGHT = { eventBridge, sqs, sns, kinesis, lambda, http, nakadi, rabbitMq, nats, kafka, msk };
const KINDS = Object.keys(RIGHT) as (keyof typeof RIGHT)[];

const refusal = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

describe.each(KINDS)("OutboxTarget.%s", (kind) => {
  const given = (options: object) => () => MAKE[kind]({ ...LEAST[kind], ...options });

  test("takes what it cannot do without", () => {
    expect(given({})).not.toThrow();
  });

  test.each(
    Object.entries<readonly string[]>(RIGHT[kind]).flatMap(([name, right]) =>
      WRONG.map(([what, value]) => [name, what, value, right.includes(what)] as const),
    ),
  )("%s may not be just anything: %s", (name, what, value, isRight) => {
    const thrown = refusal(given({ [name]: value() }));
    if (isRight) return expect(thrown, `${what} is right for ${name}`).not.toBeInstanceOf(Error);
    expect(thrown).toBeInstanceOf(SettingError);
    const { message } = thrown as SettingError;
    expect(message).toMatch(new RegExp(`^OutboxTarget\\.${kind}\\.${name}\\S* (is|cannot be|holds) .+\\.$`));
    expect(message.length).toBeLessThan(700);
  });

  test.each(Object.keys(LEAST[kind]))("does not do without %s", (name) => {
    expect(given({ [name]: undefined })).toThrow(SettingError);
  });

  test.each([
    ["credentials_", { username: "me", password: "hunter2" }],
    ["alsoto", []],
    ["kind_", "sqs"],
  ])("refuses an option of no such name: %s", (name, value) => {
    const thrown = refusal(given({ [name]: value }));
    expect(thrown).toBeInstanceOf(SettingError);
    expect((thrown as SettingError).message).toMatch(
      new RegExp(`^OutboxTarget\\.${kind}\\.${name} is .*: there is no such`),
    );
    expect((thrown as SettingError).message).not.toContain("hunter2");
  });

  test.each(WRONG.filter(([what]) => what !== "an empty object"))("refuses options that are %s", (_what, value) => {
    const thrown = refusal(() => MAKE[kind](value()));
    expect(thrown).toBeInstanceOf(SettingError);
    expect((thrown as SettingError).message).toMatch(new RegExp(`^OutboxTarget\\.${kind}`));
  });
});

describe("what a target publishes to", () => {
  const FIRSTS = [
    ["eventBridge", "bus", (value: unknown) => OutboxTarget.eventBridge(value as EventBus)],
    ["sqs", "queue", (value: unknown) => OutboxTarget.sqs(value as Queue)],
    ["sns", "topic", (value: unknown) => OutboxTarget.sns(value as Topic)],
    ["kinesis", "stream", (value: unknown) => OutboxTarget.kinesis(value as Stream)],
    ["lambda", "target", (value: unknown) => OutboxTarget.lambda(value as LambdaFunction)],
  ] as const;

  test.each(FIRSTS)("is the CDK's resource of its kind: %s", (kind, parameter, make) => {
    const wrong = [undefined, "arn:aws:orders", {}, ...Object.values(FIRST).filter((each) => each !== FIRST[kind])];
    for (const value of wrong) {
      const thrown = refusal(() => make(value));
      expect(thrown).toBeInstanceOf(SettingError);
      expect((thrown as SettingError).message).toMatch(
        new RegExp(`^OutboxTarget\\.${kind}\\(${parameter}\\) is .*: it must be .* of the CDK's: `),
      );
    }
  });
});

describe("a credential itself", () => {
  const SECRETS = [
    ["rabbitMq", { username: { secret }, password: "hunter2" }, "OutboxTarget.rabbitMq.password"],
    ["nats", { credentials: { token: "hunter2" } }, "OutboxTarget.nats.credentials.token"],
    ["nats", { credentials: { creds: "hunter2" } }, "OutboxTarget.nats.credentials.creds"],
    ["http", { auth: { kind: "bearer", token: "hunter2" } }, "OutboxTarget.http.auth.token"],
    ["http", { auth: { kind: "basic", password: "hunter2" } }, "OutboxTarget.http.auth.kind"],
    ["http", { signing: ["whsec_hunter2"] }, "OutboxTarget.http.signing[0]"],
    [
      "kafka",
      { auth: { mechanism: "plain", username: { secret }, password: "hunter2" } },
      "OutboxTarget.kafka.auth.password",
    ],
  ] as const;

  test.each(SECRETS)("is refused and not shown: %s %#", (kind, options, path) => {
    const thrown = refusal(() => MAKE[kind]({ ...LEAST[kind], ...options }));
    expect(thrown).toBeInstanceOf(SettingError);
    const { message } = thrown as SettingError;
    expect(message.startsWith(`${path} is `)).toBe(true);
    expect(message).not.toContain("hunter2");
  });
});
