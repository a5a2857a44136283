import type { Construct } from "constructs";
import { TARGET_KINDS } from "../../contract/deployment/target-kind.ts";
import { readOneOf, refuse } from "../../contract/settings/setting-reader.ts";
import type { KeptPolicy } from "../../synth/table-settings.ts";
import {
  type EventBridgeSettings,
  eventBridgeFromSettings,
  readEventBridgeSettings,
} from "../../targets/eventbridge/context-settings.ts";
import { type HttpSettings, httpFromSettings, readHttpSettings } from "../../targets/http/context-settings.ts";
import { type KafkaSettings, kafkaFromSettings, readKafkaSettings } from "../../targets/kafka/context-settings.ts";
import {
  type KinesisSettings,
  kinesisFromSettings,
  readKinesisSettings,
} from "../../targets/kinesis/context-settings.ts";
import {
  type LambdaSettings,
  lambdaFromSettings,
  readLambdaTargetSettings,
} from "../../targets/lambda/context-settings.ts";
import { type NakadiSettings, nakadiFromSettings, readNakadiSettings } from "../../targets/nakadi/context-settings.ts";
import { type NatsSettings, natsFromSettings, readNatsSettings } from "../../targets/nats/context-settings.ts";
import {
  type RabbitMqSettings,
  rabbitMqFromSettings,
  readRabbitMqSettings,
} from "../../targets/rabbitmq/context-settings.ts";
import type { OutboxTarget } from "../../targets/shared/synth/outbox-target.ts";
import { readSnsSettings, type SnsSettings, snsFromSettings } from "../../targets/sns/context-settings.ts";
import { readSqsSettings, type SqsSettings, sqsFromSettings } from "../../targets/sqs/context-settings.ts";

/** The target as the app's settings name it: `{ kind, ... }`, one shape per kind. */
export type TargetSettings =
  | EventBridgeSettings
  | SqsSettings
  | SnsSettings
  | KinesisSettings
  | LambdaSettings
  | RabbitMqSettings
  | NatsSettings
  | HttpSettings
  | NakadiSettings
  | KafkaSettings;

/** @throws SettingError naming the setting, the value and what is allowed. */
export function readTargetSettings(path: string, value: unknown): TargetSettings {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(path, value, 'it must be an object with kind and what that kind needs, for example {"kind":"sqs"}');
  }
  const kind = readOneOf(`${path}.kind`, "kind" in value ? value.kind : undefined, TARGET_KINDS);
  switch (kind) {
    case "eventbridge":
      return readEventBridgeSettings(path, value);
    case "nats":
      return readNatsSettings(path, value);
    case "rabbitmq":
      return readRabbitMqSettings(path, value);
    case "http":
      return readHttpSettings(path, value);
    case "nakadi":
      return readNakadiSettings(path, value);
    case "kafka":
      return readKafkaSettings(path, value);
    case "sqs":
      return readSqsSettings(path, value);
    case "sns":
      return readSnsSettings(path, value);
    case "kinesis":
      return readKinesisSettings(path, value);
    case "lambda":
      return readLambdaTargetSettings(path, value);
  }
}

/**
 * Makes the target of the app's own stack, and the resource it publishes to if the settings name no existing one.
 *
 * @param removalPolicy of a queue or stream that is made: it holds events whose rows are gone.
 */
export function targetFromSettings(
  scope: Construct,
  settings: TargetSettings,
  removalPolicy: KeptPolicy,
): OutboxTarget {
  switch (settings.kind) {
    case "eventbridge":
      return eventBridgeFromSettings(scope, settings);
    case "nats":
      return natsFromSettings(scope, settings);
    case "rabbitmq":
      return rabbitMqFromSettings(scope, settings);
    case "http":
      return httpFromSettings(scope, settings);
    case "nakadi":
      return nakadiFromSettings(scope, settings);
    case "kafka":
      return kafkaFromSettings(scope, settings);
    case "sqs":
      return sqsFromSettings(scope, settings, removalPolicy);
    case "sns":
      return snsFromSettings(scope, settings);
    case "kinesis":
      return kinesisFromSettings(scope, settings, removalPolicy);
    case "lambda":
      return lambdaFromSettings(scope, settings);
  }
}
