import type { ITableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { type AuditSettings, readAuditSettings } from "../contract/settings/audit-settings.ts";
import { requireTimeForCall } from "../contract/settings/call-timeout.ts";
import type { EventTypes } from "../contract/settings/event-types.ts";
import { type Readers, readAll, readFields, readFlag, readText, refuse } from "../contract/settings/setting-reader.ts";
import type { BackoffSettings, Ordering, RequeueBackoffSettings } from "../contract/settings/settings.ts";
import { readKey, readStandardTopic, readTable, textOrToken } from "../synth/cdk-values.ts";
import type { KeptPolicy, WarmThroughputSetting } from "../synth/table-settings.ts";
import type { OutboxTarget } from "../targets/shared/synth/outbox-target.ts";
import { type ArchiveOptions, type ArchiveSetting, readArchive, requireArchiveFor } from "./archive/archive-setting.ts";
import type { StreamMappingSetting } from "./functions/stream-mapping-setting.ts";
import {
  type AlarmSettings,
  type MonitoringLevel,
  RELAY_SETTING_NAMES,
  type RelaySettingName,
  type RelaySettings,
  readRelaySettings,
} from "./relay-settings.ts";
import { readTarget } from "./targets/read-target.ts";

export interface OutboxRelayProps {
  /** Where events go. */
  readonly target: OutboxTarget;

  /**
   * Order of delivery: `none`, `per-key` (by `sk` within a `pk`, even after failures), or `strict` (like per-key, for
   * sequences without gaps; one more read per event). See docs/ordering.md.
   *
   * @default "none"
   */
  readonly ordering?: Ordering;

  /**
   * Retries inside one invocation: `jitter`, `baseMs`, `capMs`, `attempts`, `budgetMs`.
   *
   * @default full jitter from 100 ms up to 5 s (or `baseMs`, where that is more), 5 attempts, 20 s in all (or the relay's timeout less
   * 6 s, where that is less)
   */
  readonly backoff?: Partial<BackoffSettings>;

  /**
   * Waits between rounds of an event that fails by its own fault: `baseSeconds`, `capSeconds` (up to 12 hours).
   *
   * @default from 60 s up to an hour, or `baseSeconds` where that is more
   */
  readonly requeueBackoff?: Partial<RequeueBackoffSettings>;

  /**
   * Calls to the target in flight at once in one process, 1 to 256.
   *
   * @default 32, or 16 where memoryMb is 512 or less
   */
  readonly concurrency?: number;

  /**
   * Age in seconds at which the sweep may take a row: from relayTimeoutSeconds + 10 to 86,400.
   *
   * @default 300, or relayTimeoutSeconds + 10 where that is more
   */
  readonly minAgeSeconds?: number;

  /**
   * Events a second while the requeuer drains, 1 to 1,000,000.
   *
   * @default no limit but the target's own
   */
  readonly maxDrainRate?: number;

  /**
   * Delivers only these events, or all except these: for several relays on one table, each with its own target. Cannot
   * be combined with `ordering`. See docs/targets.md.
   *
   * @default every event
   */
  readonly eventTypes?: EventTypes;

  /**
   * Memory of each function in MB, 128 to 10,240. Lambda gives CPU and network in proportion.
   *
   * @default 1024
   */
  readonly memoryMb?: number;

  /**
   * The relay's timeout in seconds, 15 to 900.
   *
   * @default 60
   */
  readonly relayTimeoutSeconds?: number;

  /**
   * Stream records in one invocation of the relay, 1 to 10,000.
   *
   * @default 1000
   */
  readonly batchSize?: number;

  /**
   * Time between runs of the requeuer in seconds: a whole number of minutes, 60 to 3,600.
   *
   * @default 60
   */
  readonly requeueEverySeconds?: number;

  /**
   * Reserves concurrency for the requeuer. Only 1 is possible, and an account with the quota of 10 refuses it.
   *
   * @default no reservation: a lease in the table already keeps it to one run at a time
   */
  readonly requeuerReservedConcurrency?: number;

  /**
   * The ARN of a layer version with an OpenTelemetry SDK for Node.js and arm64, such as AWSOpenTelemetryDistroJs. The
   * relay then makes a span for each call, linked to the trace of each event in it, and a span in the own trace of each
   * sampled event. AWS's own layers are allowed to send to X-Ray and Application Signals; grant the functions what the
   * exporter of any other layer needs. See docs/operations.md, "Tracing".
   *
   * @default none: nothing is traced, and the functions hold no tracing code
   */
  readonly collectorLayerArn?: string;

  /**
   * The script in that layer by which Lambda starts the function with the SDK (`AWS_LAMBDA_EXEC_WRAPPER`).
   *
   * @default the wrapper of a known layer, else "/opt/otel-handler"
   */
  readonly collectorWrapper?: string;

  /**
   * Makes the next deploy create the event source mapping again. `outbox-relay doctor` asks for it after somebody
   * deleted the mapping, or switched the table's stream off and on.
   *
   * @default the mapping that the first deploy made
   */
  readonly streamMapping?: StreamMappingSetting;

  /**
   * Optional alarms and their objective.
   *
   * @default `{ composite: true, metricMath: true, undeliveredSeconds: 300 }`
   */
  readonly alarms?: Partial<AlarmSettings>;

  /**
   * How much of CloudWatch is used: `full`; `alarms`, without the dashboard and the metrics that only the dashboard
   * shows; or `none`, without alarms too, for preview environments: then nobody is told that events wait.
   *
   * @default "full"
   */
  readonly monitoring?: MonitoringLevel;

  /**
   * Notified of every alarm that goes on or off, except those of `pageTopic`. It must be a standard topic in the
   * stack's region that CloudWatch may publish to: see docs/operations.md, "Who is told".
   *
   * @default nobody is told
   */
  readonly alarmTopic?: ITopic;

  /**
   * Wakes somebody: notified only of DeliveryAtRisk, instead of `alarmTopic`. If `alarms.composite` is false, of the
   * alarms that DeliveryAtRisk would combine. The requirements are those of `alarmTopic`.
   *
   * @default `alarmTopic` is notified of these as well
   */
  readonly pageTopic?: ITopic;

  /**
   * An existing outbox table: keys `pk` (S) and `sk` (N), a stream with new images, no time to live. An imported table
   * needs `tableStreamArn`, and `encryptionKey` if it has a customer-managed key.
   *
   * @default a table is made: on demand, retained, protected from deletion, with point-in-time recovery
   */
  readonly table?: ITableV2;

  /**
   * The logical id of the table that is made. Set it if a stack holds two relays, and never change it: CloudFormation
   * would make another table.
   *
   * @default "OutboxTable"
   */
  readonly tableLogicalId?: string;

  /**
   * What happens to the table, the dead-letter queue, the journal, the counters and the archive's bucket that are made,
   * when the stack is removed, or a deploy drops or replaces them. A given table or bucket is not affected.
   *
   * `RemovalPolicy.DESTROY` is for preview environments: **undelivered events are deleted with the table**, and are
   * never delivered. The tables are then not protected from deletion; point-in-time recovery stays on, so DynamoDB
   * keeps a last backup for 35 days. CloudFormation removes no bucket that holds objects: empty the archive's first. The
   * latest deploy counts: deploy the policy first, then destroy.
   *
   * @default RemovalPolicy.RETAIN, with protection from deletion
   */
  readonly removalPolicy?: KeptPolicy;

  /**
   * How many units a second the table that is made takes from its first second: `readUnitsPerSecond`,
   * `writeUnitsPerSecond`. An event with a row of up to 1 KB takes three write units (two to put it in a transaction,
   * one to delete it). DynamoDB bills units above its own default once, and never lowers them: if the table has grown
   * beyond a new number, DynamoDB refuses it. See docs/performance.md.
   *
   * @default 12,000 reads and 4,000 writes, as every table on demand begins; both grow with the traffic
   */
  readonly warmThroughput?: WarmThroughputSetting;

  /**
   * Makes a table of counters, for writers whose aggregates have no version: `await outbox.ordered(key)`.
   *
   * @default false
   */
  readonly counterTable?: boolean;

  /**
   * Keeps in S3 what the relay met and what was acknowledged, for `outbox-relay audit`. `true` makes a bucket; an object
   * says more: `bucket`, `payload`, `retentionDays`. At one event an invocation it costs more than the relay itself: see
   * docs/audit.md.
   *
   * @default none: nothing is kept, and the functions hold no code for it
   */
  readonly archive?: true | ArchiveOptions;

  /**
   * Runs the audit on a schedule, in a function of its own, with two alarms: one says that not all is accounted for, the
   * other that no audit came to its end. `true` audits once a day; an object says more: `everyHours`, `windowHours`. Needs
   * an `archive`. See docs/audit.md.
   *
   * @default none: nothing is deployed for it, and `outbox-relay audit` is run by hand
   */
  readonly audit?: true | AuditOptions;

  /**
   * A customer-managed key for everything that holds payloads: the table that is made, the dead-letter queue and the
   * archive's bucket. The CDK then needs the stack to name its region (`env: { region }`).
   *
   * @default DynamoDB's, SQS's and S3's own keys
   */
  readonly encryptionKey?: IKey;

  /**
   * The name in metrics, alarms and the dashboard. Unique in the account and region; letters, digits, `-`, `_`.
   *
   * @default made from the construct's path
   */
  readonly relayName?: string;

  /**
   * How long the functions' logs are kept.
   *
   * @default one month
   */
  readonly logRetention?: RetentionDays;

  /**
   * The folder of the functions' bundles, `<function>-<target>/index.js` each.
   *
   * @default the bundles that belong to this package
   */
  readonly bundlesFolder?: string;
}

/** When audits run, and what they audit. */
export interface AuditOptions {
  /**
   * Time between runs in hours, 1 to 24. The first one follows the deployment at once.
   *
   * @default 24
   */
  readonly everyHours?: number;

  /**
   * How much of the time before a run it audits, in hours, up to 168. At least an hour more than `everyHours`, so that no
   * event falls between two windows.
   *
   * @default everyHours + 1
   */
  readonly windowHours?: number;
}

export const DEFAULT_LOG_RETENTION = RetentionDays.ONE_MONTH;

/** The props that have no plain value in the CDK context. The context has other names for them. */
type ConstructProps = Omit<OutboxRelayProps, RelaySettingName | "archive" | "audit"> & {
  readonly archive?: ArchiveSetting<IBucket>;
  readonly audit?: AuditSettings;
};

/** A name allowed in dashboards, alarms, metric dimensions and row keys. */
const RELAY_NAME = /^[A-Za-z0-9_-]{1,128}$/;
const LOGICAL_ID = /^[A-Za-z][A-Za-z0-9]{0,254}$/;

const READERS: Readers<ConstructProps> = {
  target: readTarget,
  alarmTopic: readStandardTopic,
  pageTopic: readStandardTopic,
  table: readTable,
  tableLogicalId: (path, value) =>
    typeof value === "string" && LOGICAL_ID.test(value)
      ? value
      : refuse(path, value, "it must be up to 255 letters and digits, a letter first"),
  counterTable: readFlag,
  archive: readArchive,
  audit: readAuditSettings,
  encryptionKey: readKey,
  relayName: textOrToken(RELAY_NAME, "it must be 1 to 128 letters, digits, hyphens and underscores"),
  logRetention: readRetention,
  bundlesFolder: (path, value) => readText(path, value, "it must be the path of a folder"),
};

const CONSTRUCT_NAMES = Object.keys(READERS) as readonly (keyof ConstructProps)[];

/** Props that have another name in the app's settings. */
const OTHERWISE: Readonly<Record<string, string>> = {
  alarmTopicArn: 'the construct takes a topic: alarmTopic: Topic.fromTopicArn(this, "AlarmTopic", arn)',
  pageTopicArn: 'the construct takes a topic: pageTopic: Topic.fromTopicArn(this, "PageTopic", arn)',
};

/**
 * Checks the props of a relay, also from plain JavaScript, and fills in the defaults of those that are plain values.
 *
 * @param path names the construct.
 * @param isLocal whether they are for the emulator.
 * @throws SettingError naming the prop, the value and what is allowed.
 */
export function readRelayProps(
  path: string,
  value: unknown,
  isLocal = false,
): ConstructProps & { readonly settings: RelaySettings } {
  for (const [name, fix] of Object.entries(OTHERWISE)) {
    const given =
      typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
    if (given !== undefined) refuse(`${path}.${name}`, given, fix);
  }
  const given = readFields(path, value, [...CONSTRUCT_NAMES, ...RELAY_SETTING_NAMES]);
  const pick = <Name extends keyof OutboxRelayProps>(names: readonly Name[]) =>
    Object.fromEntries(names.map((name) => [name, given[name]]));
  const props = readAll<ConstructProps>(path, pick(CONSTRUCT_NAMES), READERS, ["target"]);
  if (props.table !== undefined && props.tableLogicalId !== undefined) {
    refuse(
      `${path}.tableLogicalId`,
      props.tableLogicalId,
      "it names a table that is made: leave it out where table is given",
    );
  }
  const settings = readRelaySettings(path, pick(RELAY_SETTING_NAMES), isLocal);
  if (props.table !== undefined && settings.warmThroughput !== undefined) {
    const fix = "leave it out where table is given, and give the table its own";
    refuse(`${path}.warmThroughput`, settings.warmThroughput, `it is of a table that is made: ${fix}`);
  }
  if (props.audit !== undefined) requireArchiveFor(`${path}.audit`, given.audit, props.audit, props.archive);
  for (const topic of ["alarmTopic", "pageTopic"] as const) {
    if (settings.monitoring !== "none" || props[topic] === undefined) continue;
    const fix = 'leave the topic out, or let monitoring be "alarms" or "full"';
    refuse(
      `${path}.monitoring`,
      settings.monitoring,
      `there are no alarms then, and ${topic} would hear of nothing; ${fix}`,
    );
  }
  const { callTimeout } = props.target;
  if (callTimeout !== undefined) requireTimeForCall(`${path}.target`, callTimeout, settings.relayTimeoutSeconds);
  return { ...props, settings };
}

function readRetention(path: string, value: unknown): RetentionDays {
  const days = Object.values(RetentionDays).filter((each): each is RetentionDays => typeof each === "number");
  return (
    days.find((each) => each === value) ??
    refuse(path, value, `it must be one of RetentionDays, which CloudWatch knows: ${days.join(", ")} days`)
  );
}
