import { Key } from "aws-cdk-lib/aws-kms";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import type { Construct } from "constructs";
import { readFields, readFlag, readMatch, readOneOf, readText, refuse } from "../../core/setting-reader.ts";
import { readKafkaCallBytes } from "../../core/targets/sizes.ts";
import { KAFKA_MECHANISMS, type KafkaMechanism } from "./kafka-target.ts";
import { OutboxTarget } from "./outbox-target.ts";

/** For brokers that can be reached from outside a VPC; others need the construct, which takes a `network`. */
export interface KafkaSettings {
  readonly kind: "kafka";
  /** Each `host:port`. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** @default none */
  readonly alsoTo?: readonly string[];
  /** @default 1,000,000 */
  readonly maxBytes?: number;
  /** @default true */
  readonly tls?: boolean;
  /** A parameter with the certificates (PEM) of the authorities to trust. @default those that Node trusts */
  readonly caParameterName?: string;
  /** @default none */
  readonly auth?: PasswordSettings | MskSettings;
}

export interface PasswordSettings {
  readonly mechanism: KafkaMechanism;
  /** A secret with the fields `username` and `password`, as MSK has it. */
  readonly secretArn: string;
  /** The customer-managed key of that secret, where it has one; MSK demands one. */
  readonly secretKeyArn?: string;
}

export interface MskSettings {
  readonly mechanism: "aws-msk-iam";
  readonly clusterArn: string;
}

const NAMES = ["kind", "brokers", "topic", "alsoTo", "maxBytes", "tls", "caParameterName", "auth"] as const;
const SECRET_ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$/;
const KEY_ARN = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;

/** @throws SettingError naming the setting, the value and what is allowed. */
export function readKafkaSettings(path: string, value: unknown): KafkaSettings {
  const given = readFields(path, value, NAMES);
  const auth = given.auth === undefined ? undefined : readAuth(`${path}.auth`, given.auth);
  if (auth?.mechanism === "aws-msk-iam") {
    for (const name of ["tls", "caParameterName"] as const) {
      if (given[name] !== undefined)
        refuse(`${path}.${name}`, given[name], "leave it out with aws-msk-iam, which is TLS");
    }
  }
  return {
    kind: "kafka",
    brokers: readTexts(`${path}.brokers`, given.brokers),
    topic: readText(`${path}.topic`, given.topic),
    ...(given.alsoTo === undefined ? {} : { alsoTo: readTexts(`${path}.alsoTo`, given.alsoTo) }),
    ...(given.maxBytes === undefined ? {} : { maxBytes: readKafkaCallBytes(`${path}.maxBytes`, given.maxBytes) }),
    ...(given.tls === undefined ? {} : { tls: readFlag(`${path}.tls`, given.tls) }),
    ...(given.caParameterName === undefined
      ? {}
      : { caParameterName: readText(`${path}.caParameterName`, given.caParameterName) }),
    ...(auth === undefined ? {} : { auth }),
  };
}

function readTexts(path: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) return refuse(path, value, "it must be a list of texts");
  return value.map((entry, index) => readText(`${path}[${index}]`, entry));
}

function readAuth(path: string, value: unknown): PasswordSettings | MskSettings {
  const given = readFields(path, value, ["mechanism", "secretArn", "secretKeyArn", "clusterArn"]);
  const mechanism = readOneOf(`${path}.mechanism`, given.mechanism, [...KAFKA_MECHANISMS, "aws-msk-iam"]);
  if (mechanism === "aws-msk-iam") return { mechanism, clusterArn: readText(`${path}.clusterArn`, given.clusterArn) };
  const secret = "it must be the whole ARN of a secret, with the six characters at its end";
  const key = "it must be the ARN of a KMS key";
  return {
    mechanism,
    secretArn: readMatch(`${path}.secretArn`, given.secretArn, SECRET_ARN, secret),
    ...(given.secretKeyArn === undefined
      ? {}
      : { secretKeyArn: readMatch(`${path}.secretKeyArn`, given.secretKeyArn, KEY_ARN, key) }),
  };
}

export function kafkaFromSettings(scope: Construct, settings: KafkaSettings): OutboxTarget {
  const { kind: _kind, auth, tls, caParameterName, ...topic } = settings;
  if (auth?.mechanism === "aws-msk-iam") return OutboxTarget.msk({ ...topic, clusterArn: auth.clusterArn });
  const ca =
    caParameterName === undefined
      ? {}
      : { ca: { parameter: StringParameter.fromStringParameterName(scope, "Authorities", caParameterName) } };
  return OutboxTarget.kafka({
    ...topic,
    ...ca,
    ...(tls === undefined ? {} : { tls }),
    ...(auth === undefined ? {} : { auth: credentialsFrom(scope, auth) }),
  });
}

function credentialsFrom(scope: Construct, { mechanism, secretArn, secretKeyArn }: PasswordSettings) {
  const encryptionKey =
    secretKeyArn === undefined ? {} : { encryptionKey: Key.fromKeyArn(scope, "SecretKey", secretKeyArn) };
  const secret = Secret.fromSecretAttributes(scope, "Credentials", { secretCompleteArn: secretArn, ...encryptionKey });
  return { mechanism, username: { secret, field: "username" }, password: { secret, field: "password" } };
}
