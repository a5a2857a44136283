import type { FunctionRole } from "../../../contract/deployment/function-role.ts";
import type { Fine, OutOfSight, Unknown, Wrong } from "./finding-state.ts";

export type StreamFound =
  | Fine<"keys-right">
  | Fine<"stream-read", { viewType: string }>
  | Fine<"time-to-live-off">
  | Fine<"mapping-on", { lastResult: string | undefined }>
  | Wrong<"mapping-off", { awsState: string | undefined }>
  /** Lambda says that it has a problem with the mapping. */
  | Wrong<"mapping-trouble", { lastResult: string }>
  | Fine<"position-near", { minutes: number }>
  | Wrong<"position-far", { minutes: number }>
  | OutOfSight<"position-untold">
  | Fine<"mapping-as-deployed">
  | Wrong<"mapping-drifted", { drifts: readonly MappingDrift[] }>;

export type MappingDrift =
  | { readonly kind: "setting"; readonly name: MappingSetting; readonly value: unknown }
  | { readonly kind: "filter"; readonly patterns: readonly unknown[] }
  | { readonly kind: "invokes"; readonly arn: string | undefined }
  | { readonly kind: "no-destination" };

/** A setting of an event source mapping that the doctor compares, as Lambda names it. */
export type MappingSetting =
  | "StartingPosition"
  | "FunctionResponseTypes"
  | "ParallelizationFactor"
  | "MaximumBatchingWindowInSeconds"
  | "BisectBatchOnFunctionError"
  | "MaximumRetryAttempts"
  | "MaximumRecordAgeInSeconds";

export type FunctionFound =
  | Fine<"starts">
  | Wrong<"start-fails", { reason: string }>
  | Fine<"schedule-on", { expression: string | undefined }>
  | Wrong<"schedule-off", { awsState: string | undefined }>
  | Wrong<"schedule-elsewhere", { arn: string | undefined }>
  | Fine<"functions-alike">
  | Wrong<"functions-differ", { variables: readonly string[] }>
  | Wrong<"other-table", { used: string | undefined; deployed: string }>
  | Unknown<"settings-unknown", { names: readonly string[] }>
  | Fine<"not-throttled">
  | Wrong<"throttled", { functions: readonly { readonly part: FunctionRole; readonly name: string }[] }>
  | Fine<"journal-read">;

export type AliasFound =
  | Fine<"aliases-right", { aliases: readonly LiveAlias[] }>
  | Wrong<"aliases-moved", { aliases: readonly MovedAlias[] }>
  /** On an emulator, whose tools move the aliases. */
  | OutOfSight<"aliases-local", { aliases: readonly LiveAlias[] }>;

export interface LiveAlias {
  readonly functionName: string;
  readonly version: string;
}

export interface MovedAlias extends LiveAlias {
  readonly trouble: AliasTrouble;
}

export type AliasTrouble =
  /** It sends a part of the calls to other versions. `weight`: from 0 to 1. */
  | { readonly kind: "shares"; readonly others: readonly { readonly version: string; readonly weight: number }[] }
  /** It names the function as it is now, and not a version. */
  | { readonly kind: "latest" }
  /** What the version has otherwise than the function has it, as Lambda names it. */
  | { readonly kind: "differs"; readonly fields: readonly string[] };

export type QueueFound =
  | Fine<"queue-right">
  | Wrong<"queue-redrives">
  /** `bytes`: the largest message that it takes. */
  | Wrong<"queue-small", { bytes: number }>
  | Wrong<"queue-without-tls">;

export type TopicsFound =
  | Fine<"alarms-none">
  | OutOfSight<"alarms-untold", { stackName: string }>
  | Wrong<"alarms-silenced", { names: readonly string[] }>
  | Fine<"topics-none">
  | Fine<"topics-right", { topics: readonly TopicFound[] }>
  | Wrong<"topics-wrong", { topics: readonly TopicFound[] }>
  | Unknown<"topics-unclear", { topics: readonly TopicFound[] }>;

/** What was found of one topic. */
export type TopicFound = { readonly arn: string } & (
  | Fine<"reports", { alarms: number }>
  | Wrong<"missing">
  | Wrong<"policy-denies">
  | Unknown<"policy-unclear">
  /** CloudWatch may not use a key that AWS manages. */
  | Wrong<"aws-key", { keyId: string }>
  | Wrong<"key-missing", { keyId: string }>
  | Wrong<"key-out-of-use", { keyId: string; keyState: string | undefined }>
  | Wrong<"key-denied", { keyId: string }>
  | Unknown<"key-unclear", { keyId: string }>
  | Unknown<"subscriptions-untold">
  /** `pending`: subscriptions that nobody confirmed. */
  | Wrong<"nobody-subscribes", { pending: number }>
  | Unknown<"not-shown", { message: string }>
);
