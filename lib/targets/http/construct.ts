import { Token } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { CallTimeout } from "../../contract/settings/call-timeout.ts";
import { type HttpConnection, secretsIn, withSecrets } from "../shared/http-connection.ts";
import type { TargetEnvironment, TargetNetwork } from "../shared/synth/outbox-target.ts";
import { refuseTextTwice } from "../shared/synth/refuse-twice.ts";
import { grantReadSecret, secretReference, type TargetSecret } from "../shared/synth/target-secret.ts";
import { type HttpMode, readHttpTarget } from "./settings.ts";

export interface HttpTargetOptions extends HttpConnection<TargetSecret> {
  /** Takes every event whose row names no `destination`. Without credentials; `https` unless `allowInsecure`. */
  readonly url: string;
  /**
   * Further URLs that rows may name as their `destination`. They get the same credentials and signatures.
   *
   * @default none: a row that names another is parked
   */
  readonly alsoTo?: readonly string[];
  /**
   * CloudEvents over HTTP: one event a call, as one JSON object or as its payload under headers; or many in a call.
   *
   * @default "structured"
   */
  readonly mode?: HttpMode;
  /**
   * Signs each call as Standard Webhooks describes (https://www.standardwebhooks.com): the secret in use first, then up to
   * two that receivers may still know in a rotation. Each is `whsec_` and 24 to 64 bytes in base64.
   *
   * @default calls are not signed
   */
  readonly signing?: readonly TargetSecret[];
  /** Events in a call of mode `batch`, 1 to 1,000. @default 100 */
  readonly maxEntries?: number;
  /** The bytes of one call, 1,024 to 10,485,760. A larger event is parked. @default 1,048,576 */
  readonly maxBytes?: number;
  /**
   * The bytes of the headers that mode `binary` makes from an event, 1,024 to 1,048,576. An event with more is parked.
   *
   * @default 8,192
   */
  readonly maxHeaderBytes?: number;
  /** Where the functions must run to reach the URL. @default outside any VPC */
  readonly network?: TargetNetwork;
}

export class HttpTarget {
  readonly kind = "http";
  readonly targetName: string;
  readonly environment: TargetEnvironment;
  readonly callTimeout: CallTimeout;
  readonly network?: TargetNetwork;
  readonly #secrets: readonly TargetSecret[];

  /** @throws SettingError when a URL or another option cannot be used. */
  constructor({ network, auth, signing = [], ...options }: HttpTargetOptions) {
    this.environment = {
      kind: this.kind,
      ...options,
      ...(auth === undefined ? {} : { auth: withSecrets(auth, secretReference) }),
      ...(signing.length === 0 ? {} : { signing: signing.map(secretReference) }),
    };
    const { timeoutMs } = readHttpTarget(
      "OutboxTarget.http",
      this.environment,
      (_path, secret) => secret,
      Token.isUnresolved,
    );
    refuseTextTwice("OutboxTarget.http", options.url, options.alsoTo, addressOf);
    this.targetName = options.url;
    this.callTimeout = { setting: "timeoutMs", value: timeoutMs };
    this.network = network;
    this.#secrets = [...signing, ...secretsIn(auth)];
  }

  deployedIn(): this {
    return this;
  }

  grantPublish(grantee: IGrantable): void {
    for (const secret of this.#secrets) grantReadSecret(grantee, secret);
  }
}

/** The normal form of a URL: hosts have no case, and a bare address ends in a slash. */
const addressOf = (url: string): string => (Token.isUnresolved(url) ? url : new URL(url).href);
