import { readFlag, readOneOf } from "../../contract/settings/setting-reader.ts";
import { readKafkaCallBytes } from "../../contract/settings/sizes.ts";
import { textOrToken } from "../../synth/cdk-values.ts";
import { readNetwork, readTargetSecret } from "../shared/synth/read-network.ts";
import { listOf, nonEmpty, optionsOf } from "../shared/synth/read-options.ts";
import {
  KAFKA_MECHANISMS,
  type KafkaCredentials,
  KafkaTarget,
  type KafkaTargetProps,
  type MskTargetProps,
} from "./construct.ts";

const readBroker = textOrToken(
  /^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$/,
  "it must be host:port, for example b-1.example.com:9098",
);
const readKafkaTopic = textOrToken(
  /^[\w.-]{1,249}$/,
  "it must be 1 to 249 letters, digits, dots, underscores and hyphens",
);

const topicOptions = {
  brokers: nonEmpty(readBroker),
  topic: readKafkaTopic,
  alsoTo: listOf(readKafkaTopic),
  maxBytes: readKafkaCallBytes,
  network: readNetwork,
};

const readKafkaOptions = optionsOf<KafkaTargetProps>(
  {
    ...topicOptions,
    auth: optionsOf<KafkaCredentials>(
      {
        mechanism: (path, value) => readOneOf(path, value, KAFKA_MECHANISMS),
        username: readTargetSecret,
        password: readTargetSecret,
      },
      ["mechanism", "username", "password"],
    ),
    tls: readFlag,
    ca: readTargetSecret,
  },
  ["brokers", "topic"],
);

const readMskOptions = optionsOf<MskTargetProps>(
  {
    ...topicOptions,
    clusterArn: textOrToken(
      /^arn:[\w-]+:kafka:[\w-]+:\d{12}:cluster\/[^/]+\/[^/]+$/,
      "it must be arn:<partition>:kafka:<region>:<account>:cluster/<name>/<uuid>",
    ),
  },
  ["brokers", "topic", "clusterArn"],
);

/** Reads what `OutboxTarget.kafka` is given, and makes the target. */
export function kafkaTarget(props: KafkaTargetProps): KafkaTarget {
  return KafkaTarget.kafka(readKafkaOptions("OutboxTarget.kafka", props));
}

/** Reads what `OutboxTarget.msk` is given, and makes the target. */
export function mskTarget(props: MskTargetProps): KafkaTarget {
  return KafkaTarget.msk(readMskOptions("OutboxTarget.msk", props));
}
