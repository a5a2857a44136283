import { Arn, ArnFormat, Fn } from "aws-cdk-lib";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import { refuse } from "../../contract/settings/setting-reader.ts";
import type { TargetEnvironment, TargetNetwork } from "../shared/synth/outbox-target.ts";
import { refuseTextTwice } from "../shared/synth/refuse-twice.ts";
import { grantReadSecrets, secretReferences, type TargetSecret } from "../shared/synth/target-secret.ts";

/** The options of any Kafka topic. */
interface TopicProps {
  /**
   * Some of the cluster's brokers, each `host:port`; the others are learned from them. A cluster's own list may be one
   * string.
   */
  readonly brokers: readonly string[];
  /** Takes every event whose row names no `destination`. It must exist: the relay makes no topics. */
  readonly topic: string;
  /**
   * Further topics that rows may name as their `destination`.
   *
   * @default none: a row that names another topic is parked
   */
  readonly alsoTo?: readonly string[];
  /**
   * The largest event, and the largest call, in bytes. At most what brokers and topics take (`message.max.bytes`,
   * `max.message.bytes`).
   *
   * @default 1,000,000 bytes, for Kafka takes 1,048,588 by default
   */
  readonly maxBytes?: number;
  /** Where the functions must run to reach the brokers. @default outside any VPC */
  readonly network?: TargetNetwork;
}

export interface KafkaTargetProps extends TopicProps {
  /** How the relay logs in. @default it does not */
  readonly auth?: KafkaCredentials;
  /** Whether connections are encrypted. @default true */
  readonly tls?: boolean;
  /** Certificates (PEM) of the authorities to trust. @default those that Node trusts */
  readonly ca?: TargetSecret;
}

export interface KafkaCredentials {
  readonly mechanism: KafkaMechanism;
  readonly username: TargetSecret;
  readonly password: TargetSecret;
}

export const KAFKA_MECHANISMS = ["scram-sha-512", "scram-sha-256", "plain"] as const;
export type KafkaMechanism = (typeof KAFKA_MECHANISMS)[number];

export interface MskTargetProps extends TopicProps {
  /** `arn:<partition>:kafka:<region>:<account>:cluster/<name>/<uuid>`, of a cluster with IAM authentication. */
  readonly clusterArn: string;
}

export class KafkaTarget {
  readonly kind = "kafka";
  readonly targetName: string;
  readonly environment: TargetEnvironment;
  readonly network?: TargetNetwork;
  readonly #grant: (grantee: IGrantable) => void;

  private constructor(path: string, props: TopicProps, security: object, grant: (grantee: IGrantable) => void) {
    const { topic, alsoTo = [], maxBytes, network } = props;
    refuseTextTwice(path, topic, alsoTo);
    this.targetName = topic;
    this.environment = {
      kind: this.kind,
      brokers: props.brokers.join(),
      topic,
      ...(alsoTo.length === 0 ? {} : { alsoTo }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
      ...security,
    };
    if (network !== undefined) this.network = network;
    this.#grant = grant;
  }

  /** @throws SettingError for a password that would travel in the clear. */
  static kafka(props: KafkaTargetProps): KafkaTarget {
    const { auth, tls = true, ca } = props;
    if (auth?.mechanism === "plain" && !tls) {
      refuse(
        "OutboxTarget.kafka.tls",
        false,
        "it must be true with the mechanism plain, which sends the password as it is",
      );
    }
    if (ca !== undefined && !tls) refuse("OutboxTarget.kafka.tls", false, "it must be true where ca is given");
    const security = {
      tls,
      ...secretReferences({ ca }),
      ...(auth === undefined ? {} : { auth: { mechanism: auth.mechanism, ...secretReferences(loginOf(auth)) } }),
    };
    const secrets = { ca, ...(auth === undefined ? {} : loginOf(auth)) };
    return new KafkaTarget("OutboxTarget.kafka", props, security, (grantee) => grantReadSecrets(grantee, secrets));
  }

  static msk(props: MskTargetProps): KafkaTarget {
    const { clusterArn, topic, alsoTo = [] } = props;
    const { region = "" } = Arn.split(clusterArn, ArnFormat.SLASH_RESOURCE_NAME);
    // A topic's ARN has `topic` in place of `cluster`, and its name at the end:
    // arn:<partition>:kafka:<...>:topic/<name>/<uuid>/<topic>.
    const [prefix, cluster] = [0, 1].map((index) => Fn.select(index, Fn.split(":cluster/", clusterArn)));
    const topicArns = [topic, ...alsoTo].map((name) => `${prefix}:topic/${cluster}/${name}`);
    const security = { tls: true, auth: { mechanism: "aws-msk-iam", region } };
    return new KafkaTarget("OutboxTarget.msk", props, security, (grantee) => {
      const actions = ["kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"];
      Grant.addToPrincipal({ grantee, actions, resourceArns: [clusterArn] });
      const topicActions = ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"];
      Grant.addToPrincipal({ grantee, actions: topicActions, resourceArns: topicArns });
    });
  }

  deployedIn(): this {
    return this;
  }

  grantPublish(grantee: IGrantable): void {
    this.#grant(grantee);
  }
}

const loginOf = ({ username, password }: KafkaCredentials) => ({ username, password });
