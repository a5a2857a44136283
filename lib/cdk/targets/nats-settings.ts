import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import { readFields, readText, refuse } from "../../core/setting-reader.ts";
import { OutboxTarget } from "./outbox-target.ts";
import { readSecretArn } from "./secret-arn.ts";

export interface NatsSettings {
  readonly kind: "nats";
  readonly servers: readonly string[];
  readonly subject: string;
  readonly stream?: string;
  /** Of a JSON object with `username` and `password`. @default a server without authentication */
  readonly secretArn?: string;
}

export function readNatsSettings(path: string, value: unknown): NatsSettings {
  const { servers, subject, stream, secretArn } = readFields(path, value, [
    "kind",
    "servers",
    "subject",
    "stream",
    "secretArn",
  ]);
  const address = "it must be an address such as tls://nats.example.com:4222";
  if (!Array.isArray(servers)) return refuse(`${path}.servers`, servers, "it must be a list of addresses");
  return {
    kind: "nats",
    servers: servers.map((server, index) => readText(`${path}.servers[${index}]`, server, address)),
    subject: readText(`${path}.subject`, subject),
    ...(stream === undefined ? {} : { stream: readText(`${path}.stream`, stream) }),
    ...(secretArn === undefined ? {} : { secretArn: readSecretArn(`${path}.secretArn`, secretArn) }),
  };
}

export function natsFromSettings(scope: Construct, { kind: _kind, secretArn, ...options }: NatsSettings): OutboxTarget {
  if (secretArn === undefined) return OutboxTarget.nats(options);
  const secret = Secret.fromSecretCompleteArn(scope, "Credentials", secretArn);
  const credentials = { username: { secret, field: "username" }, password: { secret, field: "password" } };
  return OutboxTarget.nats({ ...options, credentials });
}
