import { readFields, refuse } from "../../contract/settings/setting-reader.ts";
import { readNatsControlLineBytes, readNatsPayloadBytes } from "../../contract/settings/sizes.ts";
import { readBrokerUrl } from "../shared/broker-url.ts";
import { readNetwork, readTargetSecret } from "../shared/synth/read-network.ts";
import { listOf, nonEmpty, optionsOf, orToken } from "../shared/synth/read-options.ts";
import { type NatsCredentials, NatsTarget, type NatsTargetOptions } from "./construct.ts";
import { readInboxPrefix, readStreamName, readSubject } from "./subject.ts";

const CREDENTIALS_NAMES = ["username", "password", "token", "nkeySeed", "creds"] as const;

function readNatsCredentials(path: string, value: unknown): NatsCredentials {
  const given = readFields(path, value, CREDENTIALS_NAMES);
  const names = CREDENTIALS_NAMES.filter((name) => given[name] !== undefined).join(" and ");
  if (!["username and password", "token", "nkeySeed", "creds"].includes(names)) {
    return refuse(path, value, "it must hold username and password, or token, or nkeySeed, or creds");
  }
  for (const [name, secret] of Object.entries(given))
    if (secret !== undefined) readTargetSecret(`${path}.${name}`, secret);
  return given as NatsCredentials;
}

const readNatsOptions = optionsOf<NatsTargetOptions>(
  {
    servers: nonEmpty(orToken((path, value) => readBrokerUrl(path, value, ["tls", "nats"]))),
    subject: (path, value) => readSubject(path, value).text,
    alsoTo: listOf((path, value) => readSubject(path, value).text),
    stream: readStreamName,
    credentials: readNatsCredentials,
    ca: readTargetSecret,
    inboxPrefix: readInboxPrefix,
    maxPayloadBytes: readNatsPayloadBytes,
    maxControlLineBytes: readNatsControlLineBytes,
    network: readNetwork,
  },
  ["servers", "subject"],
);

/** Reads what `OutboxTarget.nats` is given, and makes the target. */
export function natsTarget(options: NatsTargetOptions): NatsTarget {
  return new NatsTarget(readNatsOptions("OutboxTarget.nats", options));
}
