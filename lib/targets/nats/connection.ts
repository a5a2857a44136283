import {
  type Authenticator,
  type ConnectionOptions,
  credsAuthenticator,
  errors,
  type NatsConnection,
  NatsConnectionImpl,
  nkeyAuthenticator,
  setTransportFactory,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/transport-node";
import { NodeTransport, nodeResolveHost } from "@nats-io/transport-node/lib/node_transport.js";
import type { SecretRef, SecretSource } from "../../aws/secrets.ts";
import { RESTED_AFTER_MS } from "../shared/run/kept-connection.ts";
import { credentialsRefused } from "./failures.ts";
import type { NatsCredentials, NatsSettings } from "./settings.ts";

/** For the socket, TLS and the handshake together. */
const OPEN_WITHIN_MS = 4_000;

/**
 * Closes the socket of a connection that was never made, which the library leaves open: a server that accepts and then
 * stays silent would cost one socket per attempt.
 */
class ClosingTransport extends NodeTransport {
  override async close(error?: Error): Promise<void> {
    await super.close(error);
    if (!this.connected) this.discard();
  }
}

/** Rejects with the library's own error. Credentials that the server refuses are read anew the next time. */
export async function openNats(settings: NatsSettings, secrets: SecretSource): Promise<NatsConnection> {
  try {
    return await connected(settings, secrets);
  } catch (error) {
    const { credentials } = settings;
    if (credentials !== undefined && credentialsRefused(error)) {
      for (const ref of secretsOf(credentials)) secrets.forget(ref);
    }
    throw error;
  }
}

async function connected(settings: NatsSettings, secrets: SecretSource): Promise<NatsConnection> {
  const { servers, tls, inboxPrefix, credentials, ca } = settings;
  const [authenticator, authority] = await Promise.all([
    credentials === undefined ? undefined : authenticatorOf(credentials, secrets),
    ca === undefined ? undefined : secrets.read(ca),
  ]);
  const options: ConnectionOptions = {
    servers: [...servers],
    name: "dynamodb-outbox-relay",
    timeout: OPEN_WITHIN_MS,
    // The relay has the only layer of retries. The library would also keep events, and send them late.
    reconnect: false,
    // Only the servers of the settings are used: a cluster's own addresses may mean nothing out here.
    ignoreClusterUpdates: true,
    pingInterval: RESTED_AFTER_MS,
    noAsyncTraces: true,
    ...(tls ? { tls: authority === undefined ? {} : { ca: authority } } : {}),
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
  };
  setTransportFactory({ factory: () => new ClosingTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}

async function authenticatorOf(credentials: NatsCredentials, secrets: SecretSource): Promise<Authenticator> {
  const read = (ref: SecretRef) => secrets.read(ref);
  switch (credentials.kind) {
    case "password":
      return usernamePasswordAuthenticator(await read(credentials.username), await read(credentials.password));
    case "token":
      return tokenAuthenticator(await read(credentials.token));
    case "nkey":
      return checked(nkeyAuthenticator(Buffer.from((await read(credentials.nkeySeed)).trim())));
    case "creds":
      return checked(credsAuthenticator(Buffer.from(await read(credentials.creds))));
  }
}

/** Otherwise the library would find the fault during the handshake, and report a lost connection. */
function checked(authenticator: Authenticator): Authenticator {
  try {
    authenticator("a challenge");
  } catch {
    // The exact fault of a key helps nobody, and might reveal part of it.
    throw new errors.AuthorizationError("the secret holds no nkey seed (SU...) or credentials file");
  }
  return authenticator;
}

function secretsOf(credentials: NatsCredentials): readonly SecretRef[] {
  switch (credentials.kind) {
    case "password":
      return [credentials.username, credentials.password];
    case "token":
      return [credentials.token];
    case "nkey":
      return [credentials.nkeySeed];
    case "creds":
      return [credentials.creds];
  }
}
