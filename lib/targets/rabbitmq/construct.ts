import type { IGrantable } from "aws-cdk-lib/aws-iam";
import { refuse } from "../../contract/settings/setting-reader.ts";
import type { TargetEnvironment, TargetNetwork } from "../shared/synth/outbox-target.ts";
import { refuseTextTwice } from "../shared/synth/refuse-twice.ts";
import { grantReadSecrets, secretReferences, type TargetSecret } from "../shared/synth/target-secret.ts";

/** The address of RabbitMQ, and the relay's credentials. */
export interface RabbitMqTargetOptions {
  /**
   * `amqps://host[:port][/vhost]`, or `amqp://` without TLS. Without credentials. For Amazon MQ: the broker's AMQP
   * endpoint.
   */
  readonly url: string;
  /**
   * Takes every event whose row names no `destination`; a destination is another exchange. Give this or `queue`.
   *
   * @default destinations are queues
   */
  readonly exchange?: string;
  /**
   * The routing key of messages to an exchange: `{type}`, `{source}` and `{key}` (the ordering key, or the id of an
   * unordered event) in it are replaced by the event's values.
   *
   * @default "{type}"
   */
  readonly routingKey?: string;
  /**
   * Takes every event whose row names no `destination`, through the default exchange; a destination is another queue.
   *
   * @default destinations are exchanges
   */
  readonly queue?: string;
  /** @default RabbitMQ's guest, who may log in only from the broker's own machine */
  readonly username?: TargetSecret;
  /** @default guest's password */
  readonly password?: TargetSecret;
  /** Certificate authorities to trust, as PEM. @default the well-known ones, which include Amazon MQ's */
  readonly ca?: TargetSecret;
  /**
   * Further exchanges, or queues, that rows may name as their `destination`.
   *
   * @default none: a row that names another is parked
   */
  readonly alsoTo?: readonly string[];
  /** @default outside any VPC, for a broker with a public address */
  readonly network?: TargetNetwork;
}

const PATH = "OutboxTarget.rabbitMq";

export class RabbitMqTarget {
  readonly kind = "rabbitmq";
  readonly targetName: string;
  readonly environment: TargetEnvironment;
  readonly network?: TargetNetwork;
  readonly #secrets: Readonly<Record<string, TargetSecret | undefined>>;

  /** @throws SettingError for options that do not go together. */
  constructor(options: RabbitMqTargetOptions) {
    const { url, exchange, routingKey, queue, alsoTo = [], network, username, password, ca } = options;
    if (exchange === undefined && queue === undefined) {
      refuse(`${PATH}.exchange`, exchange, "either exchange or queue must be given");
    }
    if (exchange !== undefined && queue !== undefined) {
      refuse(
        `${PATH}.queue`,
        queue,
        `either exchange or queue must be given, and exchange is ${JSON.stringify(exchange)}`,
      );
    }
    if (routingKey !== undefined && exchange === undefined) {
      refuse(`${PATH}.routingKey`, routingKey, "a queue is reached by its name; give exchange instead");
    }
    if ((username === undefined) !== (password === undefined)) {
      refuse(
        `${PATH}.${username === undefined ? "username" : "password"}`,
        undefined,
        "username and password go together",
      );
    }
    refuseTextTwice(PATH, exchange ?? queue ?? "", alsoTo);
    this.#secrets = { username, password, ca };
    this.targetName = exchange ?? queue ?? "";
    this.environment = {
      kind: this.kind,
      url,
      ...(exchange === undefined ? {} : { exchange }),
      ...(routingKey === undefined ? {} : { routingKey }),
      ...(queue === undefined ? {} : { queue }),
      ...(alsoTo.length === 0 ? {} : { alsoTo }),
      ...secretReferences(this.#secrets),
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
