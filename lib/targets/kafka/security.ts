import { isIP } from "node:net";
import { fromEnv } from "@aws-sdk/credential-provider-env";
import { AuthenticationError, type ConnectionOptions, SASLMechanisms, type SASLOptions } from "@platformatic/kafka";
import type { SecretRef, SecretSource } from "../../aws/secrets.ts";
import type { Clock } from "../../core/ports.ts";
import { type AwsIdentity, mskToken } from "./msk-token.ts";
import type { BrokerAddress, KafkaAuth, KafkaConfig } from "./settings.ts";

/** How connections prove who both sides are. */
export interface Security {
  /** The options for a new connection. Rejects when a secret cannot be read. */
  optionsFor(broker: BrokerAddress): Promise<Pick<ConnectionOptions, "tls" | "tlsServerName" | "sasl">>;
  /** The broker refused the credentials: the next connection reads the secrets anew. */
  refused(): void;
}

const MECHANISMS = {
  "scram-sha-512": SASLMechanisms.SCRAM_SHA_512,
  "scram-sha-256": SASLMechanisms.SCRAM_SHA_256,
  plain: SASLMechanisms.PLAIN,
} as const;

export function security(
  { tls, ca, auth }: KafkaConfig,
  secrets: SecretSource,
  clock: Clock,
  credentials: () => Promise<AwsIdentity> = fromEnv(),
): Security {
  async function sasl(chosen: KafkaAuth): Promise<SASLOptions> {
    if (chosen.mechanism === "aws-msk-iam") {
      // Called again whenever the session nears its end.
      const token = () => mskToken({ region: chosen.region, credentials, nowMs: clock.now() });
      return { mechanism: SASLMechanisms.OAUTHBEARER, token, authBytesValidator: refuseChallenge };
    }
    const [username, password] = await Promise.all([secrets.read(chosen.username), secrets.read(chosen.password)]);
    return { mechanism: MECHANISMS[chosen.mechanism], username, password };
  }

  return {
    async optionsFor({ host }) {
      const trusted = ca === undefined ? {} : { ca: await secrets.read(ca) };
      return {
        // TLS allows no IP address as a server name: certificates for addresses are compared without one.
        ...(tls ? { tls: trusted, tlsServerName: isIP(host) === 0 } : {}),
        ...(auth === undefined ? {} : { sasl: await sasl(auth) }),
      };
    },
    refused: () => {
      for (const ref of secretsOf(auth)) secrets.forget(ref);
    },
  };
}

/**
 * A broker that accepts a token says nothing more. One that refuses it says why, in an answer without an error code,
 * and expects a closing message from the client (RFC 7628, 3.2.3).
 */
const refuseChallenge: NonNullable<SASLOptions["authBytesValidator"]> = (challenge, callback) => {
  if (challenge.length === 0) callback(null, challenge);
  else callback(new AuthenticationError("The broker did not take the token of this role"));
};

const secretsOf = (auth: KafkaAuth | undefined): readonly SecretRef[] =>
  auth === undefined || auth.mechanism === "aws-msk-iam" ? [] : [auth.username, auth.password];
