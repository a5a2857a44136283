/** `dynamodb-outbox-relay`: the constructs. */
export { SettingError } from "../contract/setting-reader.ts";
export type { BackoffSettings, Ordering, RequeueBackoffSettings } from "../contract/settings.ts";
export type { KeptPolicy, WarmThroughputSetting } from "../synth/table-settings.ts";
export type { EventBridgeTargetOptions } from "../targets/eventbridge/construct.ts";
export type { HttpTargetOptions } from "../targets/http/construct.ts";
export type { KinesisTargetOptions } from "../targets/kinesis/construct.ts";
export type { LambdaTargetOptions } from "../targets/lambda/construct.ts";
export type { NakadiTargetOptions } from "../targets/nakadi/construct.ts";
export type { NatsTargetOptions } from "../targets/nats/construct.ts";
export type { RabbitMqTargetOptions } from "../targets/rabbitmq/construct.ts";
export type { SnsTargetOptions } from "../targets/sns/construct.ts";
export type { SqsTargetOptions } from "../targets/sqs/construct.ts";
export { BundleMissingError } from "./functions/bundles.ts";
export { OutboxRelay } from "./outbox-relay.ts";
export type { OutboxRelayProps } from "./outbox-relay-props.ts";
export type { AlarmSettings, MonitoringLevel } from "./relay-settings.ts";
export { InboxTable, type InboxTableProps } from "./tables/inbox-table.ts";
export { OutboxTarget, type TargetEnvironment, type TargetNetwork } from "./targets/outbox-target.ts";
