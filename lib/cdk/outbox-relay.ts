import { CfnOutput, Names, Stack } from "aws-cdk-lib";
import type { Dashboard } from "aws-cdk-lib/aws-cloudwatch";
import type { ITableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Grant, IGrantable } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { requireTimeForCall } from "../core/call-timeout.ts";
import type { EventTypes } from "../core/event-types.ts";
import { readMatch, refuse } from "../core/setting-reader.ts";
import type { BackoffSettings, Ordering, RequeueBackoffSettings } from "../core/settings.ts";
import { BUNDLES_FOLDER } from "./bundles.ts";
import { createCounterTable } from "./counter-table.ts";
import { createDeadLetterQueue } from "./dead-letter-queue.ts";
import { guardGivenTable } from "./given-table.ts";
import { grantWriter } from "./grants.ts";
import { createJournal } from "./journal.ts";
import { Monitoring } from "./monitoring/monitoring.ts";
import { grantInspect, grantOperate, type OperatedResources } from "./operator-grants.ts";
import { createOutboxTable, DEFAULT_TABLE_LOGICAL_ID, streamArnOf } from "./outbox-table.ts";
import { RelayFunction } from "./relay-function.ts";
import { type AlarmSettings, RELAY_SETTING_NAMES, readRelaySettings } from "./relay-settings.ts";
import { RequeuerFunction } from "./requeuer-function.ts";
import type { StreamMappingSetting } from "./stream-mapping-setting.ts";
import type { OutboxTarget } from "./targets/outbox-target.ts";

export interface OutboxRelayProps {
  /** Where events go. */
  readonly target: OutboxTarget;

  /**
   * Order of delivery: `none`, `per-key` (by `sk` within a `pk`, also across failure), or `strict` (as per-key, for
   * sequences without gaps, at a read more for each event). See docs/ordering.md.
   *
   * @default "none"
   */
  readonly ordering?: Ordering;

  /**
   * Retries inside one invocation: `jitter`, `baseMs`, `capMs`, `attempts`, `budgetMs`.
   *
   * @default full jitter from 100 ms up to 5 s, 5 attempts, 20 s in all
   */
  readonly backoff?: Partial<BackoffSettings>;

  /**
   * Rounds of an event that fails by its own fault: `baseSeconds`, `capSeconds` (up to 12 hours).
   *
   * @default from 60 s up to an hour
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
   * Delivers these events only, or all but these: for several relays on one table, each with its own target. Not
   * together with `ordering`. See docs/targets.md.
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
   * The ARN of a layer version with an OpenTelemetry collector and SDK, as AWS's distribution has them for Node.js and
   * arm64. The relay then tells of each call in a span, linked to the trace of each event in it, and of each sampled event
   * in the event's own trace. What the collector may do, as sending to X-Ray, is granted to the functions by you.
   *
   * @default none: nothing is traced, and nothing of it is in the functions' code
   */
  readonly collectorLayerArn?: string;

  /**
   * Has the event source mapping made again by the next deploy, as `outbox-relay doctor` asks for where somebody deleted
   * it, or switched the table's stream off and on.
   *
   * @default the mapping that the first deploy made
   */
  readonly streamMapping?: StreamMappingSetting;

  /**
   * Which alarms there are, beyond the plain ones.
   *
   * @default `{ composite: true }`
   */
  readonly alarms?: Partial<AlarmSettings>;

  /**
   * Hears of every alarm that goes on or off. It must be a standard topic.
   *
   * @default nobody is told
   */
  readonly alarmTopic?: ITopic;

  /**
   * An outbox table that exists already: keys `pk` (S) and `sk` (N), a stream that holds new images, no time to live.
   * An imported one needs `tableStreamArn`, and `encryptionKey` where it has a customer-managed key.
   *
   * @default a table is made: on demand, retained, protected from deletion, with point-in-time recovery
   */
  readonly table?: ITableV2;

  /**
   * The logical id of the table that is made. Give one where a stack holds two relays, and never change it: another
   * id is another table.
   *
   * @default "OutboxTable"
   */
  readonly tableLogicalId?: string;

  /**
   * Makes a table of counters, for writers whose aggregates have no version: `await outbox.ordered(key)`.
   *
   * @default false
   */
  readonly counterTable?: boolean;

  /**
   * A customer-managed key for what holds payloads: the table that is made, and the dead-letter queue. The CDK wants
   * the stack to name its region then (`env: { region }`).
   *
   * @default DynamoDB's and SQS's own keys
   */
  readonly encryptionKey?: IKey;

  /**
   * The name that metrics, alarms and the dashboard carry. Unique in the account and region; letters, digits, `-`, `_`.
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

export const DEFAULT_LOG_RETENTION = RetentionDays.ONE_MONTH;

/**
 * A relay from an outbox table to a target. A row leaves the table only after the target has acknowledged its event.
 *
 * Made: the table (unless given), its stream's relay function, the dead-letter queue, the requeuer function with its
 * schedule, a dashboard, and alarms.
 */
export class OutboxRelay extends Construct {
  /** The outbox. See {@link grantWrite}. */
  readonly table: ITableV2;
  /** The writers' counters, where they were asked for. */
  readonly counterTable: ITableV2 | undefined;
  /** Holds a message with its history for every event that could not be delivered. */
  readonly deadLetterQueue: IQueue;
  readonly relay: IFunction;
  readonly requeuer: IFunction;
  readonly dashboard: Dashboard;
  /** What operators did by hand, and the events that they set aside. The command `outbox-relay` reads and writes it. */
  readonly journal: ITableV2;
  readonly #targetName: string;
  readonly #operated: OperatedResources;

  /**
   * @throws SettingError naming the prop, the value and what is allowed.
   * @throws BundleMissingError when the functions' code was not built.
   */
  constructor(scope: Construct, id: string, props: OutboxRelayProps) {
    super(scope, id);
    const settings = readRelaySettings(this.node.path, pickSettings(props));
    const { callTimeout } = props.target;
    if (callTimeout !== undefined) {
      requireTimeForCall(`${this.node.path}.target`, callTimeout, settings.relayTimeoutSeconds);
    }
    const relayName = props.relayName ?? Names.uniqueResourceName(this, { maxLength: 64, separator: "-" });
    this.table = this.#outboxTable(props);
    this.counterTable =
      props.counterTable === true ? createCounterTable(this, "CounterTable", props.encryptionKey) : undefined;
    this.deadLetterQueue = createDeadLetterQueue(this, "DeadLetterQueue", props.encryptionKey);
    const functionProps = {
      relayName,
      settings,
      target: props.target,
      deployedTarget: props.target.deployedIn(this),
      table: this.table,
      streamArn: streamArnOf(this.node.path, this.table, settings.streamMapping),
      deadLetterQueue: this.deadLetterQueue,
      bundlesFolder: props.bundlesFolder ?? BUNDLES_FOLDER,
      logRetention: props.logRetention ?? DEFAULT_LOG_RETENTION,
    };
    const relayPart = new RelayFunction(this, "Relay", functionProps);
    const requeuerPart = new RequeuerFunction(this, "Requeuer", functionProps);
    this.relay = relayPart.function;
    this.requeuer = requeuerPart.function;
    this.journal = createJournal(this, "Journal", props.encryptionKey);
    this.#targetName = functionProps.deployedTarget.targetName;
    const { deadLetterQueue } = this;
    const relay = relayPart.function;
    const requeuer = requeuerPart.function;
    const { alarmTopic } = props;
    this.dashboard = new Monitoring(this, "Monitoring", {
      relayName,
      settings,
      relay,
      requeuer,
      deadLetterQueue,
      alarmTopic,
    }).dashboard;
    this.#operated = {
      stack: Stack.of(this),
      table: this.table,
      streamArn: functionProps.streamArn,
      journal: this.journal,
      deadLetterQueue,
      relay: relayPart.function,
      mapping: relayPart.mapping,
      requeuer: requeuerPart.function,
      schedule: requeuerPart.schedule,
      schedulerRole: requeuerPart.schedulerRole,
      targetKind: props.target.kind,
      targetArns: functionProps.deployedTarget.resourceArns ?? [],
    };
  }

  /**
   * Allows a service to write events: `PutItem` on the outbox table, alone or inside a transaction, the use of the table's
   * customer-managed key, and reading and raising counters where there are any. Nothing else.
   */
  grantWrite(grantee: IGrantable): Grant {
    return grantWriter(grantee, this.table, this.counterTable);
  }

  /** Allows a person to look by the command `outbox-relay`: status, list, show, journal, tail, doctor. */
  grantInspect(grantee: IGrantable): void {
    grantInspect(grantee, this.#operated);
  }

  /** Allows a person to act by the command `outbox-relay` as well: retry, quarantine, release, discard, pause, resume, put. */
  grantOperate(grantee: IGrantable): void {
    grantOperate(grantee, this.#operated);
  }

  /**
   * Gives the stack the outputs by which the command `outbox-relay --stack <name>` finds this relay.
   *
   * @param name where a stack has several relays: `outbox-relay --relay <name>` takes this one, and the outputs' names
   * begin with it. Letters and digits, beginning with a capital letter.
   * @throws SettingError for another name, or for one that the stack's outputs have already.
   */
  addOutputs(name = ""): void {
    const { table, counterTable, journal, deadLetterQueue, relay, requeuer, dashboard } = this;
    const stack = Stack.of(this);
    readMatch(
      "addOutputs(name)",
      name,
      /^([A-Z][A-Za-z0-9]{0,63})?$/,
      "it must be up to 64 letters and digits, a capital first",
    );
    if (stack.node.tryFindChild(`${name}OutboxTableArn`) !== undefined) {
      refuse("addOutputs(name)", name, `another relay of the stack ${stack.node.path} has it: give each one its own`);
    }
    const outputs: readonly (readonly [name: string, value: string, description: string])[] = [
      ["OutboxTableName", table.tableName, "Write events here"],
      ["OutboxTableArn", table.tableArn, "For the policies of services that write events"],
      ...(counterTable === undefined
        ? []
        : [["CounterTableName", counterTable.tableName, "Where the sequences of ordered(key) are counted"] as const]),
      ["DeadLetterQueueUrl", deadLetterQueue.queueUrl, "Events that could not be delivered yet, with their history"],
      ["RelayFunctionName", relay.functionName, "Publishes new events"],
      ["RequeuerFunctionName", requeuer.functionName, "Delivers what the relay could not"],
      ["RequeuerScheduleName", this.#operated.schedule.scheduleName, "Runs the requeuer"],
      ["TargetName", this.#targetName, "Where events arrive"],
      ["DashboardName", dashboard.dashboardName, "The CloudWatch dashboard"],
      ["JournalTableName", journal.tableName, "What operators did, and the events that they set aside"],
    ];
    for (const [part, value, description] of outputs) new CfnOutput(stack, `${name}${part}`, { value, description });
  }

  #outboxTable({ table, tableLogicalId, encryptionKey }: OutboxRelayProps): ITableV2 {
    if (table === undefined) {
      return createOutboxTable(this, "Table", { logicalId: tableLogicalId ?? DEFAULT_TABLE_LOGICAL_ID, encryptionKey });
    }
    guardGivenTable(this, table);
    return table;
  }
}

function pickSettings(props: OutboxRelayProps): Partial<Record<keyof OutboxRelayProps, unknown>> {
  return Object.fromEntries(RELAY_SETTING_NAMES.map((name) => [name, props[name]]));
}
