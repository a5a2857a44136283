import type { DeploymentFault } from "../../../core/operate/deployment-fault.ts";
import type { Unreached } from "../../../core/operate/reachable.ts";
import type { Part } from "../../../core/permissions.ts";
import type { AwsTargetKind, TargetKind } from "../../../core/target-kind.ts";
import type { Caller } from "../caller.ts";
import type { OperatorClients } from "../clients.ts";
import type { Deployment } from "../deployment.ts";

export type CheckName =
  | "clock"
  | "table-keys"
  | "relay-start"
  | "requeuer-start"
  | "mapping"
  | "mapping-position"
  | "mapping-settings"
  | "stream"
  | "time-to-live"
  | "schedule"
  | "settings"
  | "aliases"
  | "throttle"
  | "dead-letter-queue"
  | "journal"
  | "topics"
  | "target"
  | "bus-key"
  | "network"
  | "permissions";

export interface Checked {
  readonly clients: OperatorClients;
  readonly deployment: Deployment;
  readonly caller: Caller;
}

export type Check = (checked: Checked) => Promise<Found>;

export type FindingState =
  | "fine"
  | "wrong"
  /** It could not be found out: somebody refused, or did not answer. */
  | "unknown"
  /** It cannot be seen from an operator's machine at all, which says nothing for or against it. */
  | "out of sight";

interface As<State extends FindingState, Code extends string> {
  readonly state: State;
  readonly code: Code;
}
type Fine<Code extends string, Facts = unknown> = As<"fine", Code> & Readonly<Facts>;
type Wrong<Code extends string, Facts = unknown> = As<"wrong", Code> & Readonly<Facts>;
type Unknown<Code extends string, Facts = unknown> = As<"unknown", Code> & Readonly<Facts>;
type OutOfSight<Code extends string, Facts = unknown> = As<"out of sight", Code> & Readonly<Facts>;

/** What one check came to, with its facts. The words and the fixes are in `lib/cli/findings`. */
export type Finding = Found & { readonly check: CheckName };

export type Found =
  | AnyFound
  | ClockFound
  | StreamFound
  | FunctionFound
  | AliasFound
  | QueueFound
  | TopicsFound
  | TargetFound
  | BusKeyFound
  | NetworkFound
  | PermissionFound;

/** What every check can come to. */
export type AnyFound =
  | Wrong<"fault", { fault: DeploymentFault }>
  /** An earlier check, `at`, has told the same fault. */
  | Unknown<"told-elsewhere", { fault: DeploymentFault; at: CheckName }>
  /** AWS refused a call, or was not reached. */
  | Unknown<"refused", { message: string }>
  /** The check itself failed, by a fault of ours. */
  | Unknown<"check-failed", { errorName: string }>;

export type ClockFound = Fine<"clock-agrees"> | Unknown<"clock-off", { offMs: number }>;

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
  | Wrong<"throttled", { functions: readonly { readonly part: Part; readonly name: string }[] }>
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

export type KindOutsideAws = Exclude<TargetKind, AwsTargetKind>;

export type TargetFound =
  | Unknown<"target-kind-unknown", { kind: string }>
  | Fine<"destinations-right", { kind: AwsTargetKind; addresses: readonly string[] }>
  | Wrong<"destinations-wrong", { kind: AwsTargetKind; troubles: readonly DestinationTrouble[] }>
  /** Some belong to other accounts, which show them to nobody. */
  | OutOfSight<
      "destinations-foreign",
      {
        kind: AwsTargetKind;
        addresses: readonly string[];
        foreign: readonly { readonly address: string; readonly isUnverified: boolean }[];
      }
    >
  | Wrong<"nobody-listens", { place: string; errorCode: string }>
  | Unknown<"place-silent", { place: string; errorCode: string }>
  | Wrong<"certificate-distrusted", { place: string; reason: string }>
  | OutOfSight<"target-in-vpc", { places: readonly string[]; vpcId: string }>
  /** `taker`: the event type, exchange, queue, subject or topic that takes the events. */
  | OutOfSight<"places-answer", { places: readonly string[]; kind: KindOutsideAws; taker: string }>;

export type DestinationTrouble = { readonly address: string } & (
  | { readonly kind: "missing" }
  | { readonly kind: "state"; readonly awsState: string | undefined }
  /** Its reserved concurrency is 0. */
  | { readonly kind: "never-run"; readonly functionName: string }
);

export type BusKeyFound =
  | Fine<"target-without-bus">
  /** `buses`: those with a customer's key. */
  | Fine<"bus-keys-right", { buses: readonly string[] }>
  | Wrong<"bus-keys-wrong", { faults: readonly BusKeyFault[] }>
  | Unknown<"bus-keys-unclear", { doubts: readonly BusKeyDoubt[] }>;

interface BusKey {
  readonly bus: string;
  readonly keyId: string;
}

export type BusKeyFault = BusKey &
  (
    | { readonly kind: "unprotected" | "missing" }
    | { readonly kind: "out-of-use"; readonly keyState: string | undefined }
    | { readonly kind: "denied"; readonly actions: readonly string[] }
  );

export type BusKeyDoubt = BusKey &
  (
    | { readonly kind: "unclear"; readonly actions: readonly string[] }
    | { readonly kind: "refused"; readonly message: string }
  );

export type NetworkFound =
  | Fine<"no-vpc">
  | Wrong<"services-unreached", { vpcId: string; subnets: readonly Unreached[] }>
  | Unknown<"route-table-unknown", { vpcId: string; subnetId: string }>
  | OutOfSight<"services-reached", { vpcId: string; subnetIds: readonly string[]; services: readonly string[] }>;

export type PermissionFound =
  | Unknown<"roles-unknown">
  /** IAM allows even what nobody granted. */
  | Unknown<"iam-allows-all">
  | Fine<"roles-allowed">
  | Wrong<"roles-denied", { denials: readonly Denial[] }>
  | Unknown<"roles-partly-asked", { unasked: readonly Unasked[] }>;

export interface Denial {
  readonly role: string;
  readonly actions: readonly string[];
  readonly resource: string | undefined;
}

/** A resource that could not be looked up, so that IAM was not asked about it. */
export interface Unasked {
  readonly kind: "key" | "destination";
  readonly name: string;
  readonly errorName: string;
}

/** A part of the deployment that is gone, or is not as it must be. */
export const faulty = (fault: DeploymentFault): Found => ({ state: "wrong", code: "fault", fault });
