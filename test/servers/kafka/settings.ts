import { join } from "node:path";

/** The user who may log in, by both variants of SCRAM and by PLAIN. */
export const LOGIN = { username: "relay", password: "p4ss-word-3c0a" } as const;
export const CLUSTER_ID = "5L6g3nShT-eMCtK--X86sw";

/** Listeners, each on a port of its own. */
export const LISTENERS = ["direct", "relay", "tls", "oauth", "controller"] as const;
export type Listener = (typeof LISTENERS)[number];
export type Ports = Readonly<Record<Listener, number>>;

export interface Layout {
  readonly ports: Ports;
  /** The port of the proxy in front of `relay`. Brokers tell clients their own address, which must be this one. */
  readonly proxyPort: number;
  readonly folder: string;
}

export const certificateFile = (folder: string): string => join(folder, "server.pem");
export const propertiesFile = (folder: string): string => join(folder, "server.properties");

/** One node that is broker and controller, with everything on 127.0.0.1. */
export function serverProperties({ ports, proxyPort, folder }: Layout): string {
  const at = (listener: Listener) => `${listener.toUpperCase()}://127.0.0.1:${ports[listener]}`;
  const scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${LOGIN.username}="${LOGIN.password}";`;
  const oauth =
    'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";';
  return Object.entries({
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${ports.controller}`,
    listeners: LISTENERS.map(at).join(),
    "advertised.listeners": `${at("direct")},RELAY://127.0.0.1:${proxyPort},${at("tls")},${at("oauth")}`,
    "listener.security.protocol.map":
      "DIRECT:PLAINTEXT,RELAY:SASL_PLAINTEXT,TLS:SASL_SSL,OAUTH:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "DIRECT",
    "controller.listener.names": "CONTROLLER",
    "listener.name.relay.sasl.enabled.mechanisms": "SCRAM-SHA-512,SCRAM-SHA-256",
    "listener.name.relay.scram-sha-512.sasl.jaas.config": scram,
    "listener.name.relay.scram-sha-256.sasl.jaas.config": scram,
    "listener.name.tls.sasl.enabled.mechanisms": "PLAIN",
    "listener.name.tls.plain.sasl.jaas.config": plain,
    "listener.name.tls.ssl.keystore.type": "PEM",
    "listener.name.tls.ssl.keystore.location": certificateFile(folder),
    "listener.name.oauth.sasl.enabled.mechanisms": "OAUTHBEARER",
    "listener.name.oauth.oauthbearer.sasl.jaas.config": oauth,
    // A client of `direct` may do anything. Others may do what no rule forbids.
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
    "allow.everyone.if.no.acl.found": true,
    // The setting of a careless cluster. The relay must not make topics even there.
    "auto.create.topics.enable": true,
    "log.dirs": join(folder, "data"),
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    // Quotas are measured over two seconds instead of ten.
    "quota.window.num": 2,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
