import { StringParameter } from "aws-cdk-lib/aws-ssm";
import type { Construct } from "constructs";
import {
  readEntries,
  readFields,
  readFlag,
  readOneOf,
  readText,
  refuse,
} from "../../contract/settings/setting-reader.ts";
import { readKafkaCallBytes } from "../../contract/settings/sizes.ts";
import type { OutboxTarget } from "../shared/synth/outbox-target.ts";
import {
  LOGIN_NAMES,
  type LoginSetting,
  loginFromSetting,
  readLogin,
  readSecretArn,
} from "../shared/synth/secret-setting.ts";
import { KAFKA_MECHANISMS, type KafkaMechanism } from "./construct.ts";
import { kafkaTarget, mskTarget } from "./factory.ts";

/** For brokers that can be reached from outside a VPC. Other brokers need the construct, which takes a `network`. */
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

/** The key of the secret; MSK requires its secrets to have a customer-managed one. */
export interface PasswordSettings extends LoginSetting {
  readonly mechanism: KafkaMechanism;
}

export interface MskSettings {
  readonly mechanism: "aws-msk-iam";
  readonly clusterArn: string;
}

const NAMES = ["kind", "brokers", "topic", "alsoTo", "maxBytes", "tls", "caParameterName", "auth"] as const;

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
  if (!Array.isArray(value)) return refuse(path, value, "it must be a list of strings");
  return readEntries(path, value, (at, entry) => readText(at, entry));
}

function readAuth(path: string, value: unknown): PasswordSettings | MskSettings {
  const given = readFields(path, value, ["mechanism", "clusterArn", ...LOGIN_NAMES]);
  const mechanism = readOneOf(`${path}.mechanism`, given.mechanism, [...KAFKA_MECHANISMS, "aws-msk-iam"]);
  if (mechanism === "aws-msk-iam" && given.secretArn !== undefined) {
    refuse(
      `${path}.secretArn`,
      given.secretArn,
      "leave it out with aws-msk-iam, which logs in by the functions' roles",
    );
  }
  if (mechanism === "aws-msk-iam") return { mechanism, clusterArn: readText(`${path}.clusterArn`, given.clusterArn) };
  const secretArn = readSecretArn(`${path}.secretArn`, given.secretArn);
  return { mechanism, ...readLogin(path, given), secretArn };
}

export function kafkaFromSettings(scope: Construct, settings: KafkaSettings): OutboxTarget {
  const { kind: _kind, auth, tls, caParameterName, ...topic } = settings;
  if (auth?.mechanism === "aws-msk-iam") return mskTarget({ ...topic, clusterArn: auth.clusterArn });
  const ca =
    caParameterName === undefined
      ? {}
      : { ca: { parameter: StringParameter.fromStringParameterName(scope, "Authorities", caParameterName) } };
  return kafkaTarget({
    ...topic,
    ...ca,
    ...(tls === undefined ? {} : { tls }),
    ...(auth === undefined ? {} : { auth: { mechanism: auth.mechanism, ...loginFromSetting(scope, auth) } }),
  });
}
