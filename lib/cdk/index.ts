/** `dynamodb-outbox-relay`: the constructs. */
export { SettingError } from "../core/setting-reader.ts";
export type { BackoffSettings, Ordering, RequeueBackoffSettings } from "../core/settings.ts";
export { BundleMissingError } from "./bundles.ts";
export { InboxTable, type InboxTableProps } from "./inbox-table.ts";
export { OutboxRelay } from "./outbox-relay.ts";
export type { OutboxRelayProps } from "./outbox-relay-props.ts";
export type { AlarmSettings, MonitoringLevel } from "./relay-settings.ts";
export type { KeptPolicy, WarmThroughputSetting } from "./table-settings.ts";
export type { EventBridgeTargetOptions } from "./targets/eventbridge-target.ts";
export type { HttpTargetOptions } from "./targets/http-target.ts";
export type { KinesisTargetOptions } from "./targets/kinesis-target.ts";
export type { LambdaTargetOptions } from "./targets/lambda-target.ts";
export type { NakadiTargetOptions } from "./targets/nakadi-target.ts";
export type { NatsTargetOptions } from "./targets/nats-target.ts";
export { OutboxTarget, type TargetEnvironment, type TargetNetwork } from "./targets/outbox-target.ts";
export type { RabbitMqTargetOptions } from "./targets/rabbitmq-target.ts";
export type { SnsTargetOptions } from "./targets/sns-target.ts";
export type { SqsTargetOptions } from "./targets/sqs-target.ts";
