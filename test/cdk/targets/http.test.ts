import { Fn } from "aws-cdk-lib";
import type { Template } from "aws-cdk-lib/assertions";
import { Vpc } from "aws-cdk-lib/aws-ec2";
import { Key } from "aws-cdk-lib/aws-kms";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { readAppSettings } from "../../../lib/cdk/settings.ts";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import {
  actionsOf,
  createOwnStack,
  createRelay,
  createStack,
  findResources,
  ROLES,
  resourcesOf,
  statementsOf,
  synthesize,
  synthesizeOwn,
  synthesizeRelay,
  targetIn,
} from "../fixtures.ts";

const URL = "https://events.example.com/orders";
const SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:webhook-AbCdEf";

describe("a webhook", () => {
  test("is told to the functions, with where its secrets are and none of them", () => {
    const template = synthesize({
      target: {
        kind: "http",
        url: URL,
        alsoTo: ["https://audit.example.com"],
        mode: "batch",
        auth: { kind: "api-key", header: "x-api-key", value: { parameterName: "/relay/key" } },
        signing: [
          { secretArn: SECRET_ARN, field: "new" },
          { secretArn: SECRET_ARN, field: "old" },
        ],
      },
    });
    template.hasOutput("TargetName", { Value: URL });
    expect(targetIn(template)).toEqual({
      kind: "http",
      url: URL,
      alsoTo: ["https://audit.example.com/"],
      mode: "batch",
      maxEntries: 100,
      maxBytes: 1_048_576,
      allowInsecure: false,
      timeoutMs: 5_000,
      auth: { kind: "api-key", header: "x-api-key", value: { parameterName: "/relay/key" } },
      signing: [
        { secretArn: SECRET_ARN, field: "new" },
        { secretArn: SECRET_ARN, field: "old" },
      ],
    });
  });

  test("lets both functions read its secrets, and nothing else", () => {
    const stack = createOwnStack();
    const encryptionKey = new Key(stack, "Key");
    const secret = new Secret(stack, "Client", { encryptionKey });
    const parameter = StringParameter.fromSecureStringParameterAttributes(stack, "Signing", {
      parameterName: "/signing",
    });
    const target = OutboxTarget.http({
      url: URL,
      auth: { kind: "oauth2", tokenUrl: "https://id.example.com/token", clientId: "relay", clientSecret: { secret } },
      signing: [{ parameter }],
    });
    createRelay(stack, { target });
    const template = synthesizeOwn(stack);
    for (const role of ROLES) {
      expect(resourcesOf(template, role, "secretsmanager:GetSecretValue")).toEqual([
        { Ref: expect.stringMatching(/^Client/) },
      ]);
      expect(JSON.stringify(resourcesOf(template, role, "ssm:GetParameter"))).toContain(":parameter/signing");
      // The secret's own key, which decrypts it.
      expect(resourcesOf(template, role, "kms:Decrypt")).toEqual([
        { "Fn::GetAtt": [expect.stringMatching(/^Key/), "Arn"] },
      ]);
      expect(servicesOf(template, role)).toEqual([...EVERY_RELAY, "kms", "secretsmanager", "ssm"].toSorted());
    }
  });

  test("without secrets grants nothing", () => {
    const template = synthesize({ target: { kind: "http", url: URL } });
    for (const role of ROLES) expect(servicesOf(template, role)).toEqual(EVERY_RELAY);
  });

  test("may have an address that is known only once it is deployed", () => {
    const template = synthesizeRelay({ target: OutboxTarget.http({ url: Fn.importValue("OrdersUrl") }) });
    expect(JSON.stringify(targetIn(template))).toContain("OrdersUrl");
  });

  test("is reached from inside a VPC where it stands there", () => {
    const stack = createOwnStack();
    const vpc = new Vpc(stack, "Vpc");
    createRelay(stack, { target: OutboxTarget.http({ url: URL, network: { vpc } }) });
    for (const { Properties } of findResources(synthesizeOwn(stack), "AWS::Lambda::Function", "Relay")) {
      expect(Properties.VpcConfig.SubnetIds).toHaveLength(2);
    }
  });

  test("is refused as an option as it is in the settings", () => {
    expect(() => OutboxTarget.http({ url: "http://events.example.com" })).toThrow(
      'http.url is "http://events.example.com": events would travel unencrypted',
    );
  });
});

describe("Nakadi", () => {
  test("is told to the functions, with where its token's secret is", () => {
    const template = synthesize({
      target: {
        kind: "nakadi",
        url: "https://nakadi.example.com",
        eventType: "shop.order-placed",
        partitions: 4,
        auth: { kind: "bearer", token: { secretArn: SECRET_ARN } },
      },
    });
    template.hasOutput("TargetName", { Value: "shop.order-placed" });
    expect(targetIn(template)).toEqual({
      kind: "nakadi",
      url: "https://nakadi.example.com/",
      eventType: "shop.order-placed",
      alsoTo: [],
      events: "business",
      compacted: false,
      partitions: 4,
      allowInsecure: false,
      timeoutMs: 5_000,
      auth: { kind: "bearer", token: { secretArn: SECRET_ARN } },
    });
    for (const role of ROLES) {
      expect(resourcesOf(template, role, "secretsmanager:GetSecretValue")).toEqual([SECRET_ARN]);
    }
  });

  test("is refused as an option as it is in the settings", () => {
    expect(() => OutboxTarget.nakadi({ url: "https://nakadi.example.com", eventType: "no spaces" })).toThrow(
      'nakadi.eventType is "no spaces": it must be the name of an event type',
    );
  });
});

/** The calls of every relay's functions, whatever their target. */
const EVERY_RELAY = ["dynamodb", "logs", "sqs"];

const servicesOf = (template: Template, role: string): readonly string[] =>
  [
    ...new Set(
      statementsOf(template, role)
        .flatMap(actionsOf)
        .map((action) => action.replace(/:.*/, "")),
    ),
  ].toSorted();

test.each([
  {
    kind: "http",
    url: URL,
    signing: [{ secretArn: SECRET_ARN }],
    auth: { kind: "bearer", token: { parameterName: "/t" } },
  },
  { kind: "nakadi", url: "https://nakadi.example.com", eventType: "shop.order-placed" },
])("cdk-nag finds nothing with %j", (target) => {
  const stack = createStack({ target });
  for (const pack of [new AwsSolutionsChecks(), new ServerlessChecks()]) {
    expect(pack.validateScope(stack).violations).toEqual([]);
  }
});

describe("settings that cannot be used", () => {
  const http = { kind: "http", url: URL };
  const nakadi = { kind: "nakadi", url: "https://nakadi.example.com", eventType: "shop.order-placed" };
  const key = { kind: "api-key", header: "x-api-key" };
  const ORACLE: readonly (readonly [unknown, string])[] = [
    [{ kind: "http" }, "outboxRelay.target.url is undefined: it must be a URL"],
    [{ ...http, url: "https://relay:hunter2@events.example.com" }, "outboxRelay.target.url is a URL with credentials"],
    [{ ...http, mode: "bulk" }, 'outboxRelay.target.mode is "bulk": it must be one of structured, binary, batch'],
    [{ ...http, alsoTo: URL }, "outboxRelay.target.alsoTo is "],
    [
      { ...http, auth: { ...key, value: "k" } },
      "outboxRelay.target.auth.value is a string that is not shown here: it must be an object with secretArn",
    ],
    [{ ...http, auth: { ...key, value: {} } }, "it must hold either secretArn or parameterName"],
    [
      { ...http, auth: { ...key, value: { secretArn: SECRET_ARN.slice(0, -7) } } },
      "it must be the whole ARN of a secret, with the six characters at its end",
    ],
    [{ ...http, auth: { ...key, value: { parameterName: "a b" } } }, "it must be the name of a parameter"],
    [{ ...http, timeoutMs: 90_000 }, "outboxRelay.target.timeoutMs is 90000: it must be an integer from 100 to 45000"],
    [{ ...nakadi, eventType: "shop/order" }, 'outboxRelay.target.eventType is "shop/order": it must be the name'],
    [{ ...nakadi, events: "avro" }, "it must be one of business, data-change, cloudevents"],
    [{ ...nakadi, mode: "batch" }, 'outboxRelay.target.mode is "batch": there is no such setting'],
  ];

  test.each(ORACLE)("%j", (target, message) => {
    expect(() => readAppSettings({ target })).toThrow(message);
    expect(() => readAppSettings({ target })).not.toThrow("hunter2");
  });
});
