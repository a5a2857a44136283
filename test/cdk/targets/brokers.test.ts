import { SecurityGroup, Vpc } from "aws-cdk-lib/aws-ec2";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { describe, expect, test } from "vitest";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import type { NatsTargetOptions } from "../../../lib/targets/nats/construct.ts";
import type { RabbitMqTargetOptions } from "../../../lib/targets/rabbitmq/construct.ts";
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
  targetIn,
} from "../fixtures.ts";

const SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:broker-a1B2c3";

describe("RabbitMQ", () => {
  const URL = "amqps://mq.example.com:5671/shop";
  const rabbitMq = (change: Partial<RabbitMqTargetOptions>) =>
    OutboxTarget.rabbitMq({ url: URL, queue: "orders", ...change });

  test("is told the functions with the place of its credentials, which both may read", () => {
    const template = synthesize({
      target: { kind: "rabbitmq", url: URL, exchange: "events", routingKey: "shop.{type}", secretArn: SECRET_ARN },
    });
    template.hasOutput("TargetName", { Value: "events" });
    expect(targetIn(template)).toEqual({
      kind: "rabbitmq",
      url: URL,
      exchange: "events",
      routingKey: "shop.{type}",
      username: { secretArn: SECRET_ARN, field: "username" },
      password: { secretArn: SECRET_ARN, field: "password" },
    });
    for (const role of ROLES)
      expect(resourcesOf(template, role, "secretsmanager:GetSecretValue")).toEqual([SECRET_ARN]);
  });

  test("needs no permission where it asks for no credentials", () => {
    const template = synthesize({ target: { kind: "rabbitmq", url: "amqp://127.0.0.1", queue: "orders" } });
    expect(targetIn(template)).toEqual({ kind: "rabbitmq", url: "amqp://127.0.0.1", queue: "orders" });
    for (const role of ROLES) expect(resourcesOf(template, role, "secretsmanager:GetSecretValue")).toEqual([]);
  });

  test("is reached from its VPC, with secrets of any place and further queues", () => {
    const stack = createOwnStack();
    const vpc = new Vpc(stack, "Vpc");
    const securityGroups = [new SecurityGroup(stack, "Group", { vpc })];
    const parameter = StringParameter.fromSecureStringParameterAttributes(stack, "Ca", { parameterName: "/broker/ca" });
    const secret = new Secret(stack, "Secret");
    const target = rabbitMq({
      username: { secret, field: "username" },
      password: { secret, field: "password" },
      ca: { parameter },
      alsoTo: ["audit"],
      network: { vpc, securityGroups },
    });
    createRelay(stack, { target });
    const template = synthesizeOwn(stack);
    expect(JSON.stringify(targetIn(template))).toContain('\\"alsoTo\\":[\\"audit\\"]');
    expect(JSON.stringify(targetIn(template))).toContain('\\"ca\\":{\\"parameterName\\":\\"/broker/ca\\"}');
    for (const role of ROLES) {
      expect(resourcesOf(template, role, "secretsmanager:GetSecretValue")).toEqual([
        { Ref: expect.stringMatching(/^Secret/) },
      ]);
      expect(statementsOf(template, role).flatMap(actionsOf)).toContain("ssm:GetParameter");
    }
    for (const { Properties } of findResources(template, "AWS::Lambda::Function", "Relay")) {
      expect(Properties.VpcConfig.SecurityGroupIds).toEqual([
        { "Fn::GetAtt": [expect.stringMatching(/^Group/), "GroupId"] },
      ]);
    }
  });

  test.each<[Partial<RabbitMqTargetOptions>, string]>([
    [{ url: "amqps://relay:secret@mq.example.com" }, "url holds credentials: take them out"],
    [{ url: "https://mq.example.com" }, "url cannot be used: it must be an address such as amqps://broker.example.com"],
    [{ exchange: "events" }, 'queue is "orders": either exchange or queue must be given, and exchange is "events"'],
    [{ queue: undefined }, "exchange is undefined: either exchange or queue must be given"],
    [{ routingKey: "{type}" }, 'routingKey is "{type}": a queue is reached by its name'],
    [{ queue: undefined, exchange: "e", routingKey: "{tenant}" }, "{tenant} is not a part of an event"],
  ])("refuses %j", (change, message) => {
    expect(() => rabbitMq(change)).toThrow(message);
  });

  test("never shows credentials that stand in an address", () => {
    const url = "amqps://relay:hunter2@mq.example.com";
    expect(() => rabbitMq({ url })).toThrow(
      /^OutboxTarget.rabbitMq.url holds credentials: take them out, and name the secret [^:]*\.$/,
    );
    expect(() => rabbitMq({ url: url.replace("amqps", "amqp s") })).toThrow(
      /^OutboxTarget.rabbitMq.url cannot be used: ((?!hunter2).)*$/,
    );
  });

  test("refuses one half of the credentials", () => {
    const parameter = StringParameter.fromSecureStringParameterAttributes(createOwnStack(), "P", {
      parameterName: "/p",
    });
    expect(() => rabbitMq({ username: { parameter } })).toThrow(
      "password is undefined: username and password go together",
    );
  });
});

describe("NATS", () => {
  const SERVERS = ["tls://one.example.com", "tls://two.example.com:4223"];
  const nats = (change: Partial<NatsTargetOptions>) =>
    OutboxTarget.nats({ servers: SERVERS, subject: "orders.{type}", ...change });

  test("is told the functions with the place of its credentials, which both may read", () => {
    const template = synthesize({
      target: { kind: "nats", servers: SERVERS, subject: "orders.{type}", stream: "ORDERS", secretArn: SECRET_ARN },
    });
    template.hasOutput("TargetName", { Value: "orders.{type}" });
    expect(targetIn(template)).toEqual({
      kind: "nats",
      servers: SERVERS,
      subject: "orders.{type}",
      stream: "ORDERS",
      username: { secretArn: SECRET_ARN, field: "username" },
      password: { secretArn: SECRET_ARN, field: "password" },
    });
    for (const role of ROLES)
      expect(resourcesOf(template, role, "secretsmanager:GetSecretValue")).toEqual([SECRET_ARN]);
  });

  test("takes every kind of credentials, further subjects, and what a server was set to", () => {
    const stack = createOwnStack();
    const secret = new Secret(stack, "Secret");
    const target = nats({
      credentials: { creds: { secret } },
      alsoTo: ["audit.{key}"],
      inboxPrefix: "_relay",
      maxPayloadBytes: 8_388_608,
    });
    expect(target.deployedIn(stack).environment).toMatchObject({
      alsoTo: ["audit.{key}"],
      creds: { secretArn: secret.secretArn },
      inboxPrefix: "_relay",
      maxPayloadBytes: 8_388_608,
    });
    createRelay(stack, { target });
    const template = synthesizeOwn(stack);
    for (const role of ROLES) {
      expect(resourcesOf(template, role, "secretsmanager:GetSecretValue")).toEqual([
        { Ref: expect.stringMatching(/^Secret/) },
      ]);
    }
  });

  test.each<[Partial<NatsTargetOptions>, string]>([
    [{ servers: [] }, "servers is []: it must be a list of one address at least"],
    [{ servers: ["tls://relay:secret@one"] }, "servers[0] holds credentials"],
    [{ servers: ["one.example.com"] }, "servers[0] cannot be used: it must be an address such as tls://"],
    [{ subject: "orders.*" }, 'subject is "orders.*": it must be names between dots'],
    [{ subject: "orders.{tenant}" }, "{tenant} is not a part of an event"],
    [{ alsoTo: ["a..b"] }, 'alsoTo[0] is "a..b": it must be names between dots'],
  ])("refuses %j", (change, message) => {
    expect(() => nats(change)).toThrow(message);
  });
});

test.each([
  [{ kind: "rabbitmq" }, "outboxRelay.target.url is undefined: it must be amqps://"],
  [{ kind: "rabbitmq", url: "amqps://mq", queue: 7 }, "outboxRelay.target.queue is 7: it must be a string"],
  [{ kind: "rabbitmq", url: "amqps://mq", vhost: "/" }, 'outboxRelay.target.vhost is "/": there is no such setting'],
  [
    { kind: "rabbitmq", url: "amqps://mq", queue: "q", secretArn: SECRET_ARN.slice(0, -7) },
    "it must be the whole ARN of a secret, with the six characters at its end",
  ],
  [{ kind: "nats", servers: "tls://one" }, 'outboxRelay.target.servers is "tls://one": it must be a list of addresses'],
  [
    { kind: "nats", servers: [7], subject: "a" },
    "outboxRelay.target.servers[0] is 7: it must be an address such as tls://",
  ],
  [{ kind: "nats", servers: ["tls://one"] }, "outboxRelay.target.subject is undefined: it must be a string"],
])("the setting %j is refused", (target, message) => {
  expect(() => createStack({ target })).toThrow(message);
});
