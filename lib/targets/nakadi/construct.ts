import { Token } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { CallTimeout } from "../../contract/settings/call-timeout.ts";
import { type HttpConnection, secretsIn, withSecrets } from "../shared/http-connection.ts";
import type { TargetEnvironment, TargetNetwork } from "../shared/synth/outbox-target.ts";
import { refuseTextTwice } from "../shared/synth/refuse-twice.ts";
import { grantReadSecret, secretReference, type TargetSecret } from "../shared/synth/target-secret.ts";
import { type NakadiShape, readNakadiTarget } from "./settings.ts";

export interface NakadiTargetOptions extends HttpConnection<TargetSecret> {
  /** Nakadi's address, without `/event-types`. */
  readonly url: string;
  /** Takes every event whose row names no `destination`. It must exist. */
  readonly eventType: string;
  /**
   * Further event types that rows may name as their `destination`.
   *
   * @default none: a row that names another is parked
   */
  readonly alsoTo?: readonly string[];
  /** The shape of the events in Nakadi. @default "business" */
  readonly events?: NakadiShape;
  /**
   * How many partitions the event type has, if its partition strategy is `user_defined`: an ordering key then always
   * goes to the same one.
   *
   * @default the event type's own strategy, by the payload or at random
   */
  readonly partitions?: number;
  /**
   * Whether the event type is compacted by key; the ordering key, or the id of an unordered event, is the key.
   *
   * @default false
   */
  readonly compacted?: boolean;
  /** Where the functions must run to reach Nakadi. @default outside any VPC */
  readonly network?: TargetNetwork;
}

export class NakadiTarget {
  readonly kind = "nakadi";
  readonly targetName: string;
  readonly environment: TargetEnvironment;
  readonly callTimeout: CallTimeout;
  readonly network?: TargetNetwork;
  readonly #secrets: readonly TargetSecret[];

  /** @throws SettingError when the address, an event type or another option cannot be used. */
  constructor({ network, auth, ...options }: NakadiTargetOptions) {
    this.environment = {
      kind: this.kind,
      ...options,
      ...(auth === undefined ? {} : { auth: withSecrets(auth, secretReference) }),
    };
    const { timeoutMs } = readNakadiTarget(
      "OutboxTarget.nakadi",
      this.environment,
      (_path, secret) => secret,
      Token.isUnresolved,
    );
    refuseTextTwice("OutboxTarget.nakadi", options.eventType, options.alsoTo);
    this.targetName = options.eventType;
    this.callTimeout = { setting: "timeoutMs", value: timeoutMs };
    this.network = network;
    this.#secrets = secretsIn(auth);
  }

  deployedIn(): this {
    return this;
  }

  grantPublish(grantee: IGrantable): void {
    for (const secret of this.#secrets) grantReadSecret(grantee, secret);
  }
}
