import { CfnParameter } from "aws-cdk-lib";
import type { Template } from "aws-cdk-lib/assertions";
import { Vpc } from "aws-cdk-lib/aws-ec2";
import { Key } from "aws-cdk-lib/aws-kms";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { describe, expect, test } from "vitest";
import { readAppSettings } from "../../../lib/cdk/settings.ts";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import {
  actionsOf,
  createOwnStack,
  createRelay,
  onlyResource,
  RELAY_FUNCTION,
  REQUEUER_FUNCTION,
  ROLES,
  statementsOf,
  synthesize,
  synthesizeOwn,
  targetIn,
} from "../fixtures.ts";

const BROKERS = ["b-1.example.com:9096", "b-2.example.com:9096"];
const CLUSTER = "arn:aws:kafka:eu-west-1:123456789012:cluster/orders/0a1b2c3d-4e5f-6789-abcd-ef0123456789-5";
const SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:AmazonMSK_relay-AbCdEf";
const KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6789-abcd-ef0123456789";

/** Statements of a role that a plain target would not have. */
const grantsIn = (template: Template, role: string, service: string) =>
  statementsOf(template, role)
    .filter((statement) => actionsOf(statement).some((action) => action.startsWith(`${service}:`)))
    .map((statement) => ({ actions: actionsOf(statement), resources: statement.Resource }));

describe("Kafka by the app's settings", () => {
  test("is brokers and a topic, over TLS and without a login", () => {
    const template = synthesize({ target: { kind: "kafka", brokers: BROKERS, topic: "orders" } });
    expect(targetIn(template)).toEqual({
      kind: "kafka",
      brokers: "b-1.example.com:9096,b-2.example.com:9096",
      topic: "orders",
      tls: true,
    });
    template.hasOutput("TargetName", { Value: "orders" });
    for (const role of ROLES) {
      for (const service of ["kafka-cluster", "secretsmanager", "ssm"]) {
        expect(grantsIn(template, role, service)).toEqual([]);
      }
    }
  });

  test("logs in with a secret, which the functions are told the place of", () => {
    const auth = { mechanism: "scram-sha-512", secretArn: SECRET, secretKeyArn: KEY };
    const target = { kind: "kafka", brokers: BROKERS, topic: "orders", caParameterName: "/kafka/ca", auth };
    const template = synthesize({ target: { ...target, alsoTo: ["audit"], maxBytes: 8_000_000 } });
    expect(targetIn(template)).toMatchObject({
      alsoTo: ["audit"],
      maxBytes: 8_000_000,
      tls: true,
      ca: { parameterName: "/kafka/ca" },
      auth: {
        mechanism: "scram-sha-512",
        username: { secretArn: SECRET, field: "username" },
        password: { secretArn: SECRET, field: "password" },
      },
    });
    for (const role of ROLES) {
      expect(grantsIn(template, role, "secretsmanager")).toEqual([
        { actions: ["secretsmanager:GetSecretValue"], resources: SECRET },
      ]);
      expect(grantsIn(template, role, "kms")).toMatchObject([{ actions: ["kms:Decrypt"], resources: KEY }]);
      expect(JSON.stringify(grantsIn(template, role, "ssm"))).toContain(":parameter/kafka/ca");
    }
  });

  test("logs in to MSK as the functions' own role", () => {
    const auth = { mechanism: "aws-msk-iam", clusterArn: CLUSTER };
    const template = synthesize({ target: { kind: "kafka", brokers: BROKERS, topic: "orders", auth } });
    expect(targetIn(template)).toMatchObject({
      tls: true,
      auth: { mechanism: "aws-msk-iam", region: "eu-west-1" },
    });
    for (const role of ROLES) {
      expect(grantsIn(template, role, "kafka-cluster")).toEqual([
        { actions: ["kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"], resources: CLUSTER },
        {
          actions: ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"],
          resources: `${CLUSTER.replace(":cluster/", ":topic/")}/orders`,
        },
      ]);
    }
  });

  const valid = { kind: "kafka", brokers: BROKERS, topic: "orders" };
  test.each([
    [{ kind: "kafka", topic: "orders" }, "target.brokers is undefined: it must be a list of strings."],
    [{ ...valid, brokers: "b:9092" }, 'target.brokers is "b:9092": it must be a list of strings.'],
    [{ ...valid, topic: "" }, 'target.topic is "": it must be a string that is not empty.'],
    [{ ...valid, alsoTo: [7] }, "target.alsoTo[0] is 7: it must be a string that is not empty."],
    [{ ...valid, maxBytes: 1 }, "target.maxBytes is 1: it must be an integer from 1000 to 50000000."],
    [{ ...valid, tls: "no" }, 'target.tls is "no": it must be true or false.'],
    [{ ...valid, acks: 1 }, "target.acks is 1: there is no such setting"],
    [{ ...valid, auth: { mechanism: "gssapi" } }, 'target.auth.mechanism is "gssapi": it must be one of scram-sha-512'],
    [{ ...valid, auth: { mechanism: "plain", secretArn: "kafka" } }, "it must be the whole ARN of a secret"],
    [
      { ...valid, auth: { mechanism: "plain", secretArn: SECRET, secretKeyArn: "alias/kafka" } },
      'target.auth.secretKeyArn is "alias/kafka": it must be the ARN of a KMS key, ',
    ],
    [
      { ...valid, tls: false, auth: { mechanism: "aws-msk-iam", clusterArn: CLUSTER } },
      "target.tls is false: leave it out with aws-msk-iam, which is TLS.",
    ],
  ])("is refused with %j, and it is said why", (target, message) => {
    expect(() => readAppSettings({ target })).toThrow(message);
  });
});

describe("Kafka by the construct", () => {
  test("runs in the VPC of its brokers", () => {
    const stack = createOwnStack();
    const vpc = new Vpc(stack, "Vpc");
    createRelay(stack, { target: OutboxTarget.kafka({ brokers: BROKERS, topic: "orders", network: { vpc } }) });
    const template = synthesizeOwn(stack);
    for (const prefix of [RELAY_FUNCTION, REQUEUER_FUNCTION]) {
      expect(onlyResource(template, "AWS::Lambda::Function", prefix).Properties.VpcConfig.SubnetIds).toHaveLength(2);
    }
  });

  test("reads each secret that it is given, and no other", () => {
    const stack = createOwnStack();
    const encryptionKey = new Key(stack, "Key");
    const secret = new Secret(stack, "Login", { encryptionKey });
    const authorities = StringParameter.fromStringParameterName(stack, "Authorities", "/kafka/ca");
    const auth = {
      mechanism: "scram-sha-256" as const,
      username: { secret, field: "user" },
      password: { secret, field: "pass" },
    };
    const ca = { parameter: authorities };
    createRelay(stack, { target: OutboxTarget.kafka({ brokers: BROKERS, topic: "orders", auth, ca }) });
    const template = synthesizeOwn(stack);
    for (const role of ROLES) {
      const login = { Ref: expect.stringMatching(/^Login/) };
      expect(grantsIn(template, role, "secretsmanager").map(({ resources }) => resources)).toEqual([login]);
      expect(grantsIn(template, role, "ssm")).toHaveLength(1);
    }
  });

  test("takes a cluster and brokers that are known only when the stack is deployed", () => {
    const stack = createOwnStack();
    const brokers = new CfnParameter(stack, "Brokers").valueAsString;
    const clusterArn = new CfnParameter(stack, "Cluster").valueAsString;
    createRelay(stack, {
      target: OutboxTarget.msk({ brokers: [brokers], clusterArn, topic: "orders", alsoTo: ["audit"] }),
    });
    const template = synthesizeOwn(stack);
    expect(JSON.stringify(targetIn(template))).toContain('{"Ref":"Brokers"}');
    const halves = { "Fn::Split": [":cluster/", { Ref: "Cluster" }] };
    const topicArn = (name: string) => ({
      "Fn::Join": ["", [{ "Fn::Select": [0, halves] }, ":topic/", { "Fn::Select": [1, halves] }, `/${name}`]],
    });
    for (const role of ROLES) {
      expect(grantsIn(template, role, "kafka-cluster").map(({ resources }) => resources)).toEqual([
        { Ref: "Cluster" },
        expect.arrayContaining([topicArn("orders"), topicArn("audit")]),
      ]);
    }
  });

  const valid = { brokers: BROKERS, topic: "orders" };
  const secret = () => ({ secret: Secret.fromSecretCompleteArn(createOwnStack(), "Login", SECRET) });
  test.each([
    [() => OutboxTarget.kafka({ ...valid, brokers: [] }), "brokers is []: it must be a list of one address at least."],
    [
      () => OutboxTarget.kafka({ ...valid, brokers: ["example.com"] }),
      'brokers[0] is "example.com": it must be host:port, for example b-1.example.com:9098.',
    ],
    [() => OutboxTarget.kafka({ ...valid, topic: "my orders" }), 'topic is "my orders": it must be 1 to 249 letters'],
    [() => OutboxTarget.kafka({ ...valid, alsoTo: ["ok", "#"] }), 'alsoTo[1] is "#"'],
    [
      () => OutboxTarget.msk({ ...valid, clusterArn: "orders" }),
      'clusterArn is "orders": it must be arn:<partition>:kafka:',
    ],
    [
      () => OutboxTarget.kafka({ ...valid, tls: false, ca: secret() }),
      "tls is false: it must be true where ca is given.",
    ],
    [
      () =>
        OutboxTarget.kafka({
          ...valid,
          tls: false,
          auth: { mechanism: "plain", username: secret(), password: secret() },
        }),
      "tls is false: it must be true with the mechanism plain, which sends the password as it is.",
    ],
  ])("is refused where it cannot work: %#", (make, message) => {
    expect(make).toThrow(message);
  });
});
