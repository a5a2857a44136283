import { readSecretRef, type SecretRef } from "../../aws/secrets.ts";
import { readEntries, readFields, readOneOf, refuse } from "../../contract/settings/setting-reader.ts";
import { readNatsControlLineBytes, readNatsPayloadBytes } from "../../contract/settings/sizes.ts";
import { readBrokerUrl } from "../shared/broker-url.ts";
import type { RouteTemplate } from "../shared/route-template.ts";
import { readDestinations } from "../shared/run/destinations.ts";
import { readInboxPrefix, readStreamName, readSubject } from "./subject.ts";

export interface NatsSettings {
  /** As `host:port`. */
  readonly servers: readonly string[];
  /** TLS is required. */
  readonly tls: boolean;
  readonly ca?: SecretRef;
  readonly credentials?: NatsCredentials;
  readonly inboxPrefix?: string;
  /** The subject of every event whose row names no other. */
  readonly main: RouteTemplate;
  readonly alsoTo: readonly RouteTemplate[];
  /** The stream that must take the events. Absent: whichever stream takes the subject. */
  readonly stream?: string;
  readonly maxPayloadBytes: number;
  readonly maxControlLineBytes: number;
}

export type NatsCredentials =
  | { readonly kind: "password"; readonly username: SecretRef; readonly password: SecretRef }
  | { readonly kind: "token"; readonly token: SecretRef }
  /** The seed of an nkey, `SU...`. */
  | { readonly kind: "nkey"; readonly nkeySeed: SecretRef }
  /** A credentials file: a JWT and the seed of its nkey. */
  | { readonly kind: "creds"; readonly creds: SecretRef };

const DEFAULT_PORT = 4222;
const NAMES = [
  ...(["kind", "servers", "ca", "username", "password", "token", "nkeySeed", "creds", "inboxPrefix"] as const),
  ...(["subject", "alsoTo", "stream", "maxPayloadBytes", "maxControlLineBytes"] as const),
];
type Given = ReturnType<typeof readFields<(typeof NAMES)[number]>>;

export function readNatsConfig(path: string, config: unknown): NatsSettings {
  const given = readFields(path, config, NAMES);
  readOneOf(`${path}.kind`, given.kind, ["nats"]);
  const credentials = readCredentials(path, given);
  const { ca, inboxPrefix, stream } = given;
  return {
    ...readServers(`${path}.servers`, given.servers),
    ...(ca === undefined ? {} : { ca: readSecretRef(`${path}.ca`, ca) }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(inboxPrefix === undefined ? {} : { inboxPrefix: readInboxPrefix(`${path}.inboxPrefix`, inboxPrefix) }),
    main: readSubject(`${path}.subject`, given.subject),
    alsoTo: readDestinations(`${path}.alsoTo`, given.alsoTo).map((text, index) =>
      readSubject(`${path}.alsoTo[${index}]`, text),
    ),
    ...(stream === undefined ? {} : { stream: readStreamName(`${path}.stream`, stream) }),
    maxPayloadBytes: readNatsPayloadBytes(`${path}.maxPayloadBytes`, given.maxPayloadBytes),
    maxControlLineBytes: readNatsControlLineBytes(`${path}.maxControlLineBytes`, given.maxControlLineBytes),
  };
}

/** One address or several, of one cluster: either all by TLS, or none. */
function readServers(path: string, value: unknown): Pick<NatsSettings, "servers" | "tls"> {
  if (!Array.isArray(value) || value.length === 0) {
    return refuse(path, value, "it must be a list of addresses such as tls://nats.example.com:4222");
  }
  const urls = readEntries(path, value, (at, text) => readBrokerUrl(at, text, ["tls", "nats"]));
  const tls = urls.map(({ protocol }) => protocol === "tls:");
  if (new Set(tls).size > 1)
    return refuse(path, value, "its addresses must all begin with tls://, or all with nats://");
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port === "" ? DEFAULT_PORT : port}`),
    tls: tls[0] === true,
  };
}

function readCredentials(path: string, given: Given): NatsCredentials | undefined {
  const ways = [["username", "password"], ["token"], ["nkeySeed"], ["creds"]] as const;
  const used = ways.filter((names) => names.some((name) => given[name] !== undefined));
  if (used.length > 1) {
    return refuse(
      path,
      used.flat(),
      "a server is shown one kind of credentials: username and password, token, nkeySeed or creds",
    );
  }
  const secret = (name: (typeof ways)[number][number]) => readSecretRef(`${path}.${name}`, given[name]);
  switch (used[0]?.[0]) {
    case "username":
      return { kind: "password", username: secret("username"), password: secret("password") };
    case "token":
      return { kind: "token", token: secret("token") };
    case "nkeySeed":
      return { kind: "nkey", nkeySeed: secret("nkeySeed") };
    case "creds":
      return { kind: "creds", creds: secret("creds") };
    case undefined:
      return undefined;
  }
}
