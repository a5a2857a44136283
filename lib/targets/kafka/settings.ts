import { readSecretRef, type SecretRef } from "../../aws/secrets.ts";
import { readFields, readFlag, readOneOf, readText, refuse } from "../../contract/settings/setting-reader.ts";
import { readKafkaCallBytes } from "../../contract/settings/sizes.ts";
import { readDestinations } from "../shared/run/destinations.ts";

export interface KafkaConfig {
  readonly brokers: readonly [BrokerAddress, ...BrokerAddress[]];
  readonly topic: string;
  readonly alsoTo: readonly string[];
  /** Of all events of a call together, and so of each batch. */
  readonly maxBytes: number;
  readonly tls: boolean;
  /** PEM certificates to trust instead of Node's own list. */
  readonly ca?: SecretRef;
  readonly auth?: KafkaAuth;
}

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

export type KafkaAuth =
  | { readonly mechanism: PasswordMechanism; readonly username: SecretRef; readonly password: SecretRef }
  /** MSK's own mechanism: a signature proves the function's role. */
  | { readonly mechanism: "aws-msk-iam"; readonly region: string };

const PASSWORD_MECHANISMS = ["scram-sha-512", "scram-sha-256", "plain"] as const;
export type PasswordMechanism = (typeof PASSWORD_MECHANISMS)[number];

const SETTINGS = ["kind", "brokers", "topic", "alsoTo", "maxBytes", "tls", "ca", "auth"] as const;

/** @throws SettingError naming the setting, the value and what is allowed. */
export function readKafkaConfig(path: string, value: unknown): KafkaConfig {
  const given = readFields(path, value, SETTINGS);
  readOneOf(`${path}.kind`, given.kind, ["kafka"]);
  return {
    brokers: readBrokers(`${path}.brokers`, given.brokers),
    topic: readText(`${path}.topic`, given.topic),
    alsoTo: readDestinations(`${path}.alsoTo`, given.alsoTo),
    maxBytes: readKafkaCallBytes(`${path}.maxBytes`, given.maxBytes),
    tls: readFlag(`${path}.tls`, given.tls ?? true),
    ...(given.ca === undefined ? {} : { ca: readSecretRef(`${path}.ca`, given.ca) }),
    ...(given.auth === undefined ? {} : { auth: readAuth(`${path}.auth`, given.auth) }),
  };
}

const BROKER = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i;

/** As in Kafka's `bootstrap.servers`: one string, because a cluster tells its brokers that way when it is deployed. */
function readBrokers(path: string, value: unknown): KafkaConfig["brokers"] {
  const allowed = 'it must be addresses host:port, separated by commas, for example "b-1.example.com:9098"';
  const [first, ...others] = readText(path, value, allowed)
    .split(",")
    .map((address): BrokerAddress => {
      const [, ipv6, name, port] = BROKER.exec(address.trim()) ?? [];
      const host = ipv6 ?? name;
      if (host === undefined || Number(port) > 65_535) return refuse(path, value, allowed);
      return { host, port: Number(port) };
    });
  return first === undefined ? refuse(path, value, allowed) : [first, ...others];
}

function readAuth(path: string, value: unknown): KafkaAuth {
  const given = readFields(path, value, ["mechanism", "username", "password", "region"]);
  const mechanism = readOneOf(`${path}.mechanism`, given.mechanism, [...PASSWORD_MECHANISMS, "aws-msk-iam"]);
  if (mechanism === "aws-msk-iam") return { mechanism, region: readText(`${path}.region`, given.region) };
  return {
    mechanism,
    username: readSecretRef(`${path}.username`, given.username),
    password: readSecretRef(`${path}.password`, given.password),
  };
}
