import { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Key } from "aws-cdk-lib/aws-kms";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { describe, expect, test } from "vitest";
import { OutboxTarget } from "../../lib/cdk/targets/outbox-target.ts";
import type { TargetSecret } from "../../lib/targets/shared/synth/target-secret.ts";
import { actionsOf, createOwnStack, createRelay, ROLES, statementsOf, synthesize, synthesizeOwn } from "./fixtures.ts";

const SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:login-a1B2c3";
const KEY = "arn:aws:kms:eu-west-1:123456789012:key/0f1e2d3c";
const OTHER_KEY = "arn:aws:kms:eu-west-1:123456789012:key/4b5a6978";
const TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/Outbox";

/** What the roles may do with this key, statement by statement. */
const grantsOn = (template: ReturnType<typeof synthesize>, key: unknown) =>
  ROLES.map((role) =>
    statementsOf(template, role)
      .filter(({ Resource }) => JSON.stringify(Resource) === JSON.stringify(key))
      .map((statement) => ({ actions: actionsOf(statement).toSorted(), conditions: statement.Condition })),
  );
const decryptedBy = (service: string, region: unknown = "eu-west-1") => {
  const via =
    typeof region === "string"
      ? `${service}.${region}.amazonaws.com*`
      : { "Fn::Join": ["", [`${service}.`, region, ".amazonaws.com*"]] };
  const grant = { actions: ["kms:Decrypt"], conditions: { StringLike: { "kms:ViaService": via } } };
  return [[grant], [grant]];
};

describe("a secret's customer-managed key may be used by both functions, through the service that keeps the secret alone", () => {
  const http = { kind: "http", url: "https://example.com/" };
  const nakadi = { kind: "nakadi", url: "https://nakadi.example.com", eventType: "orders" };
  const kept = { secretArn: SECRET, keyArn: KEY };
  const login = { secretArn: SECRET, secretKeyArn: KEY };
  test.each([
    ["a webhook's token", { ...http, auth: { kind: "bearer", token: kept } }],
    ["a webhook's api key", { ...http, auth: { kind: "api-key", header: "x-key", value: kept } }],
    ["a webhook's signature", { ...http, signing: [{ ...kept, field: "new" }] }],
    ["Nakadi's token", { ...nakadi, auth: { kind: "bearer", token: kept } }],
    ["RabbitMQ's login", { kind: "rabbitmq", url: "amqps://mq.example.com", queue: "orders", ...login }],
    ["NATS's login", { kind: "nats", servers: ["tls://nats.example.com"], subject: "orders", ...login }],
    [
      "Kafka's login",
      { kind: "kafka", brokers: ["b:9096"], topic: "orders", auth: { mechanism: "scram-sha-512", ...login } },
    ],
  ])("%s in the settings", (_what, target) => {
    const grants = grantsOn(synthesize({ target }), KEY);
    expect(new Set(grants.flat().map((grant) => JSON.stringify(grant))).size).toBe(1);
    expect(grants.map(([first]) => first)).toEqual(decryptedBy("secretsmanager").flat());
  });

  test("a parameter's in the settings", () => {
    const value = { parameterName: "/relay/key", keyArn: KEY };
    const template = synthesize({ target: { ...http, auth: { kind: "api-key", header: "x-key", value } } });
    expect(grantsOn(template, KEY)).toEqual(decryptedBy("ssm", { Ref: "AWS::Region" }));
  });

  const ownTargets: readonly (readonly [string, (secret: TargetSecret) => OutboxTarget])[] = [
    ["http", (token) => OutboxTarget.http({ url: "https://example.com/", auth: { kind: "bearer", token } })],
    [
      "nakadi",
      (token) => OutboxTarget.nakadi({ url: nakadi.url, eventType: "orders", auth: { kind: "bearer", token } }),
    ],
    ["rabbitMq", (ca) => OutboxTarget.rabbitMq({ url: "amqps://mq.example.com", queue: "orders", ca })],
    [
      "nats",
      (token) => OutboxTarget.nats({ servers: ["tls://nats.example.com"], subject: "orders", credentials: { token } }),
    ],
    ["kafka", (ca) => OutboxTarget.kafka({ brokers: ["b:9094"], topic: "orders", ca })],
  ];
  test.each(ownTargets)("of a secret that OutboxTarget.%s is given by its ARN", (_name, targetWith) => {
    const stack = createOwnStack();
    const secret = Secret.fromSecretCompleteArn(stack, "Secret", SECRET);
    const encryptionKey = Key.fromKeyArn(stack, "Key", KEY);
    createRelay(stack, { target: targetWith({ secret, encryptionKey }) });
    expect(grantsOn(synthesizeOwn(stack), KEY)).toEqual(decryptedBy("secretsmanager"));
  });

  test.each(ownTargets)("of a parameter that OutboxTarget.%s is given by its name", (_name, targetWith) => {
    const stack = createOwnStack({ env: { region: "eu-west-1" } });
    const parameter = StringParameter.fromSecureStringParameterAttributes(stack, "Parameter", { parameterName: "/p" });
    const encryptionKey = Key.fromKeyArn(stack, "Key", KEY);
    createRelay(stack, { target: targetWith({ parameter, encryptionKey }) });
    expect(grantsOn(synthesizeOwn(stack), KEY)).toEqual(decryptedBy("ssm"));
  });

  test("the key that is given stands before the one that the secret was imported with", () => {
    const stack = createOwnStack();
    const known = Key.fromKeyArn(stack, "Known", OTHER_KEY);
    const secret = Secret.fromSecretAttributes(stack, "Secret", { secretCompleteArn: SECRET, encryptionKey: known });
    const targetOf = (from: TargetSecret) =>
      OutboxTarget.http({ url: "https://example.com/", auth: { kind: "bearer", token: from } });
    createRelay(stack, { target: targetOf({ secret, encryptionKey: Key.fromKeyArn(stack, "Key", KEY) }) });
    const template = synthesizeOwn(stack);
    expect(grantsOn(template, KEY)).toEqual(decryptedBy("secretsmanager"));
    expect(grantsOn(template, OTHER_KEY)).toEqual([[], []]);
  });

  test("a key by an alias or of another service is refused, and one without a secret too", () => {
    const alias = "arn:aws:kms:eu-west-1:123456789012:alias/login";
    const value = { secretArn: SECRET, keyArn: alias };
    expect(() => synthesize({ target: { ...http, auth: { kind: "bearer", token: value } } })).toThrow(
      "outboxRelay.target.auth.token.keyArn",
    );
    const nats = { kind: "nats", servers: ["tls://nats.example.com"], subject: "orders" };
    expect(() => synthesize({ target: { ...nats, secretKeyArn: KEY } })).toThrow("there is no secretArn that it is of");
    expect(() => synthesize({ target: { ...nats, ...login, secretKeyArn: SECRET } })).toThrow(
      "it must be the ARN of a KMS key",
    );
  });
});

describe("a secret or parameter that was imported by an ARN in place of its name", () => {
  const targetOf = (token: TargetSecret) =>
    OutboxTarget.http({ url: "https://example.com/", auth: { kind: "bearer", token } });

  test("is refused, with the import by ARN", () => {
    const stack = createOwnStack({ env: { account: "123456789012", region: "eu-west-1" } });
    const secret = Secret.fromSecretNameV2(stack, "Secret", SECRET);
    expect(() => targetOf({ secret })).toThrow(
      `auth.token.secret.secretArn is "${SECRET}": it was given where the name of a secret is wanted; use Secret.fromSecretCompleteArn(this, id, arn).`,
    );
    const wrong = Secret.fromSecretCompleteArn(stack, "Wrong", SECRET.replace("secretsmanager", "ssm"));
    expect(() => targetOf({ secret: wrong })).toThrow("it must be the ARN of a secret");
  });

  test("and one by its right name or by its ARN is taken", () => {
    const stack = createOwnStack({ env: { account: "123456789012", region: "eu-west-1" } });
    for (const secret of [
      Secret.fromSecretNameV2(stack, "A", "relay/login"),
      Secret.fromSecretPartialArn(stack, "B", SECRET.slice(0, -7)),
      Secret.fromSecretCompleteArn(stack, "C", SECRET),
      new Secret(stack, "D"),
    ]) {
      expect(() => targetOf({ secret })).not.toThrow();
    }
    for (const parameterName of ["plain", "/with/a/path"]) {
      const parameter = StringParameter.fromSecureStringParameterAttributes(stack, parameterName, { parameterName });
      expect(() => targetOf({ parameter })).not.toThrow();
    }
  });
});

describe("an imported table's customer-managed key", () => {
  const needed = [
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
  ];
  const uses = [[{ actions: needed }], [{ actions: needed }]];
  const streamArn = `${TABLE}/stream/2026-01-01T00:00:00.000`;

  test("may be used by both functions where the settings name it, and no key where they name none", () => {
    expect(grantsOn(synthesize({ table: { arn: TABLE, streamArn, keyArn: KEY } }), KEY)).toEqual(uses);
    expect(grantsOn(synthesize({ table: { arn: TABLE, streamArn } }), KEY)).toEqual([[], []]);
    expect(() => synthesize({ table: { arn: TABLE, streamArn, keyArn: "alias/outbox" } })).toThrow(
      "outboxRelay.table.keyArn",
    );
  });

  test("may be used by both functions and by whoever writes where the construct is given it", () => {
    const stack = createOwnStack();
    const encryptionKey = Key.fromKeyArn(stack, "Key", KEY);
    const table = TableV2.fromTableAttributes(stack, "Outbox", {
      ...{ tableArn: TABLE, tableStreamArn: streamArn, encryptionKey },
    });
    createRelay(stack, { table });
    expect(grantsOn(synthesizeOwn(stack), KEY)).toEqual(uses);
  });
});

describe("the customer-managed key of a resource that events go to", () => {
  const SEND = ["kms:Decrypt", "kms:GenerateDataKey"];
  test.each([
    [{ kind: "sqs", queueArn: "arn:aws:sqs:eu-west-1:123456789012:orders" }, SEND],
    [{ kind: "sns", topicArn: "arn:aws:sns:eu-west-1:123456789012:orders" }, SEND],
    [{ kind: "kinesis", streamArn: "arn:aws:kinesis:eu-west-1:123456789012:stream/orders" }, ["kms:GenerateDataKey"]],
  ])("may be used by both functions where the settings name it: %j", (target, actions) => {
    expect(grantsOn(synthesize({ target: { ...target, keyArn: KEY } }), KEY)).toEqual([[{ actions }], [{ actions }]]);
    expect(grantsOn(synthesize({ target }), KEY)).toEqual([[], []]);
    expect(() => synthesize({ target: { kind: target.kind, keyArn: KEY } })).toThrow("it is the key of what");
  });
});
