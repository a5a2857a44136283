import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import { readFields, readText } from "../../core/setting-reader.ts";
import { OutboxTarget } from "./outbox-target.ts";
import { readSecretArn } from "./secret-arn.ts";

export interface RabbitMqSettings {
  readonly kind: "rabbitmq";
  readonly url: string;
  readonly exchange?: string;
  readonly routingKey?: string;
  readonly queue?: string;
  /** Of a JSON object with `username` and `password`. @default RabbitMQ's guest */
  readonly secretArn?: string;
}

const TEXTS = ["exchange", "routingKey", "queue"] as const;

export function readRabbitMqSettings(path: string, value: unknown): RabbitMqSettings {
  const given = readFields(path, value, ["kind", "url", ...TEXTS, "secretArn"]);
  const texts = TEXTS.flatMap((name) =>
    given[name] === undefined ? [] : [[name, readText(`${path}.${name}`, given[name])] as const],
  );
  return {
    kind: "rabbitmq",
    url: readText(`${path}.url`, given.url, "it must be amqps://host[:port][/vhost]"),
    ...Object.fromEntries(texts),
    ...(given.secretArn === undefined ? {} : { secretArn: readSecretArn(`${path}.secretArn`, given.secretArn) }),
  };
}

export function rabbitMqFromSettings(scope: Construct, { kind: _kind, secretArn, ...options }: RabbitMqSettings) {
  if (secretArn === undefined) return OutboxTarget.rabbitMq(options);
  const secret = Secret.fromSecretCompleteArn(scope, "Credentials", secretArn);
  return OutboxTarget.rabbitMq({
    ...options,
    username: { secret, field: "username" },
    password: { secret, field: "password" },
  });
}
