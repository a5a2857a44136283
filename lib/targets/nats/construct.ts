import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { TargetEnvironment, TargetNetwork } from "../shared/synth/outbox-target.ts";
import { refuseTextTwice } from "../shared/synth/refuse-twice.ts";
import { grantReadSecrets, secretReferences, type TargetSecret } from "../shared/synth/target-secret.ts";

/** The address of NATS, and the relay's credentials. */
export interface NatsTargetOptions {
  /** Servers of one cluster, as `tls://host[:port]`, or all as `nats://` without a demand for TLS. Without credentials. */
  readonly servers: readonly string[];
  /**
   * The subject of every event whose row names no `destination`. A stream must take it. `{type}`, `{source}` and
   * `{key}` (the ordering key, or the id of an unordered event) in it are replaced by the event's values:
   * `orders.{type}`.
   */
  readonly subject: string;
  /**
   * Further subjects that rows may name as their `destination`, spelled as here.
   *
   * @default none: a row that names another is parked
   */
  readonly alsoTo?: readonly string[];
  /** The stream that must take the events; any other refuses them. @default the stream that takes the subject */
  readonly stream?: string;
  /** @default none: a server without authentication */
  readonly credentials?: NatsCredentials;
  /** Certificate authorities to trust, as PEM. @default the well-known ones */
  readonly ca?: TargetSecret;
  /** The prefix of the subjects for acknowledgements, for a user who may not subscribe to `_INBOX.>`. @default "_INBOX" */
  readonly inboxPrefix?: string;
  /** The servers' `max_payload`, in bytes, 1,024 to 67,108,864. @default 1_048_576, the servers' own default */
  readonly maxPayloadBytes?: number;
  /**
   * The servers' `max_control_line`, in bytes, 256 to 1,048,576. An event whose subject needs a longer line is parked.
   *
   * @default 4_096, the servers' own default
   */
  readonly maxControlLineBytes?: number;
  /** @default outside any VPC */
  readonly network?: TargetNetwork;
}

/** The relay's credentials, in the form that the server asks for. */
export type NatsCredentials =
  | { readonly username: TargetSecret; readonly password: TargetSecret }
  | { readonly token: TargetSecret }
  /** The seed of an nkey, `SU...`. */
  | { readonly nkeySeed: TargetSecret }
  /** A credentials file: a JWT and the seed of its nkey. */
  | { readonly creds: TargetSecret };

export class NatsTarget {
  readonly kind = "nats";
  readonly targetName: string;
  readonly environment: TargetEnvironment;
  readonly network?: TargetNetwork;
  readonly #secrets: Readonly<Record<string, TargetSecret | undefined>>;

  constructor(options: NatsTargetOptions) {
    const {
      servers,
      subject,
      alsoTo = [],
      stream,
      credentials = {},
      ca,
      inboxPrefix,
      maxPayloadBytes,
      maxControlLineBytes,
      network,
    } = options;
    refuseTextTwice("OutboxTarget.nats", subject, alsoTo);
    this.#secrets = { ...credentials, ca };
    this.targetName = subject;
    this.environment = {
      kind: this.kind,
      servers,
      subject,
      ...(alsoTo.length === 0 ? {} : { alsoTo }),
      ...(stream === undefined ? {} : { stream }),
      ...secretReferences(this.#secrets),
      ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
      ...(maxPayloadBytes === undefined ? {} : { maxPayloadBytes }),
      ...(maxControlLineBytes === undefined ? {} : { maxControlLineBytes }),
    };
    this.network = network;
  }

  deployedIn(): this {
    return this;
  }

  grantPublish(grantee: IGrantable): void {
    grantReadSecrets(grantee, this.#secrets);
  }
}
