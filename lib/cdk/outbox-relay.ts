import { CfnOutput, Lazy, Names, Stack } from "aws-cdk-lib";
import type { Dashboard } from "aws-cdk-lib/aws-cloudwatch";
import type { ITableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Grant, IGrantable } from "aws-cdk-lib/aws-iam";
import type { IFunction, Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { readMatch, refuse } from "../contract/settings/setting-reader.ts";
import { acknowledgeArchiveGrant } from "../synth/acknowledgements.ts";
import { type ArchiveOfRelay, grantArchive, grantWriter } from "../synth/grants.ts";
import { archiveBucket } from "./archive/archive-bucket.ts";
import { createDeadLetterQueue } from "./dead-letter-queue.ts";
import { AuditFunction } from "./functions/audit-function.ts";
import { BUNDLES_FOLDER } from "./functions/bundles.ts";
import { guardCollector } from "./functions/collector-layer.ts";
import { RelayFunction } from "./functions/relay-function.ts";
import { RequeuerFunction } from "./functions/requeuer-function.ts";
import { isForEmulator, warnOfEmulator } from "./local-settings.ts";
import { guardTopics, warnOfSilentAlarms } from "./monitoring/alarm-topics.ts";
import { Monitoring } from "./monitoring/monitoring.ts";
import { grantInspect, grantOperate, type OperatedResources } from "./operator-grants.ts";
import { DEFAULT_LOG_RETENTION, type OutboxRelayProps, readRelayProps } from "./outbox-relay-props.ts";
import { claimRelayName } from "./relay-names.ts";
import { createCounterTable } from "./tables/counter-table.ts";
import { guardGivenTable } from "./tables/given-table.ts";
import { createJournal } from "./tables/journal.ts";
import { createOutboxTable, streamArnOf } from "./tables/outbox-table.ts";
import { shareTable } from "./tables/shared-table.ts";

/**
 * A relay from an outbox table to a target. A row leaves the table only after the target has acknowledged its event.
 *
 * It makes the table (unless given), the relay function on the table's stream, the dead-letter queue, the requeuer
 * function with its schedule, and, unless `monitoring` leaves them out, a dashboard and alarms.
 */
export class OutboxRelay extends Construct {
  /** The outbox. See {@link grantWrite}. */
  readonly table: ITableV2;
  /** The writers' counters, if `counterTable` is true. */
  readonly counterTable: ITableV2 | undefined;
  /** Keeps what the relay met and what was acknowledged, if there is an `archive`. Other relays may share it. */
  readonly archiveBucket: IBucket | undefined;
  /** Holds a dead letter with its history for every event that could not be delivered yet. */
  readonly deadLetterQueue: IQueue;
  readonly relay: IFunction;
  readonly requeuer: IFunction;
  /** Audits on a schedule, if there is an `audit`. */
  readonly audit: IFunction | undefined;
  /** Absent where `monitoring` leaves it out. */
  readonly dashboard: Dashboard | undefined;
  /**
   * Records what operators did by hand, and the events that they set aside. The command `outbox-relay` reads and writes
   * it.
   */
  readonly journal: ITableV2;
  readonly #targetName: string;
  readonly #operated: OperatedResources;
  /** The prefix of the stack's outputs for this relay. */
  #outputsName = "";

  /**
   * @throws SettingError naming the prop, the value and what is allowed.
   * @throws BundleMissingError when the functions' code was not built.
   */
  constructor(scope: Construct, id: string, given: OutboxRelayProps) {
    super(scope, id);
    const isLocal = isForEmulator(this.node);
    const { settings, ...props } = readRelayProps(this.node.path, given, isLocal);
    const relayName = props.relayName ?? Names.uniqueResourceName(this, { maxLength: 64, separator: "-" });
    claimRelayName(this, relayName);
    const { table, tableLogicalId: logicalId } = props;
    const { removalPolicy, warmThroughput } = settings;
    const kept = { encryptionKey: props.encryptionKey, removalPolicy };
    this.table = table ?? createOutboxTable(this, "Table", { ...kept, logicalId, warmThroughput });
    const streamArn = streamArnOf(this.node.path, this.table, settings.streamMapping);
    if (table !== undefined) guardGivenTable(this, table, streamArn);
    if (settings.collectorLayerArn !== undefined) guardCollector(this, settings.collectorLayerArn);
    shareTable(this, this.table, streamArn, settings.delivery.eventTypes);
    this.counterTable = props.counterTable === true ? createCounterTable(this, "CounterTable", kept) : undefined;
    this.deadLetterQueue = createDeadLetterQueue(this, "DeadLetterQueue", kept);
    const archive = props.archive && {
      relayName,
      payload: props.archive.payload,
      bucket: archiveBucket(this, "Archive", props.archive, kept),
    };
    this.archiveBucket = archive?.bucket;
    const archiveConfig = archive && {
      bucket: archive.bucket.bucketName,
      payload: archive.payload,
      journal: Lazy.string({ produce: () => this.journal.tableName }),
    };
    const functionProps = {
      relayName,
      settings,
      target: props.target,
      deployedTarget: props.target.deployedIn(this),
      table: this.table,
      streamArn,
      deadLetterQueue: this.deadLetterQueue,
      bundlesFolder: props.bundlesFolder ?? BUNDLES_FOLDER,
      logRetention: props.logRetention ?? DEFAULT_LOG_RETENTION,
      archive: archiveConfig,
    };
    const relayPart = new RelayFunction(this, "Relay", functionProps);
    const requeuerPart = new RequeuerFunction(this, "Requeuer", functionProps);
    this.relay = relayPart.function;
    this.requeuer = requeuerPart.function;
    this.journal = createJournal(this, "Journal", kept);
    if (archive !== undefined) this.#grantArchive(archive, [relayPart.function, requeuerPart.function]);
    const { audit, target } = props;
    const auditPart =
      audit === undefined || archive === undefined || archiveConfig === undefined
        ? undefined
        : new AuditFunction(this, "Audit", {
            ...functionProps,
            audit,
            target,
            journal: this.journal,
            archive,
            archiveConfig,
          });
    this.audit = auditPart?.function;
    this.#targetName = functionProps.deployedTarget.targetName;
    const { deadLetterQueue } = this;
    const relay = relayPart.function;
    const requeuer = requeuerPart.function;
    const { alarmTopic, pageTopic } = props;
    guardTopics(this, { alarmTopic, pageTopic });
    if (!isLocal) {
      warnOfSilentAlarms(this, { alarmTopic, pageTopic }, settings.monitoring);
      warnOfEmulator(this, process.env);
    }
    this.dashboard = new Monitoring(this, "Monitoring", {
      relayName,
      settings,
      command: this.#command(),
      relay,
      requeuer,
      deadLetterQueue,
      hasExistenceChecks: functionProps.deployedTarget.hasExistenceChecks === true,
      hasArchive: archive !== undefined,
      audit: auditPart && audit && { ...audit, function: auditPart.function },
      alarmTopic,
      pageTopic,
    }).dashboard;
    this.#operated = {
      stack: Stack.of(this),
      table: this.table,
      streamArn,
      journal: this.journal,
      archive,
      deadLetterQueue,
      relay: relayPart.function,
      liveRelay: relayPart.live,
      mapping: relayPart.mapping,
      requeuer: requeuerPart.function,
      liveRequeuer: requeuerPart.live,
      schedule: requeuerPart.schedule,
      schedulerRole: requeuerPart.schedulerRole,
      targetKind: props.target.kind,
      isInVpc: props.target.network !== undefined,
      targetArns: functionProps.deployedTarget.resourceArns ?? [],
      targetKeyArns: functionProps.deployedTarget.keyArns ?? [],
      alarmTopics: [alarmTopic, pageTopic].flatMap((topic) => topic ?? []),
    };
  }

  /**
   * Allows a service to write events: `PutItem` on the outbox table, alone or inside a transaction, the use of the
   * table's customer-managed key, and reading and raising counters if there are any. Nothing else; putting a requeuer's
   * lease is denied.
   */
  grantWrite(grantee: IGrantable): Grant {
    return grantWriter(grantee, this.table, this.counterTable);
  }

  /** Allows a person to read with the command `outbox-relay`: status, list, show, journal, tail, doctor, audit. */
  grantInspect(grantee: IGrantable): void {
    grantInspect(grantee, this.#operated);
  }

  /**
   * Also allows a person to act with the command `outbox-relay`: retry, quarantine, release, discard, pause, resume,
   * put.
   */
  grantOperate(grantee: IGrantable): void {
    grantOperate(grantee, this.#operated);
  }

  /**
   * Gives the stack the outputs by which the command `outbox-relay --stack <name>` finds this relay.
   *
   * @param name for a stack with several relays: `outbox-relay --relay <name>` chooses this one, and the outputs' names
   * begin with it. Letters and digits, beginning with a capital letter.
   * @throws SettingError for an invalid name, or one that the stack's outputs already have.
   */
  addOutputs(name = ""): void {
    const { table, counterTable, journal, archiveBucket, audit, deadLetterQueue, relay, requeuer, dashboard } = this;
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
      ...(dashboard === undefined
        ? []
        : [["DashboardName", dashboard.dashboardName, "The CloudWatch dashboard"] as const]),
      ["JournalTableName", journal.tableName, "What operators did, and the events that they set aside"],
      ...(archiveBucket === undefined
        ? []
        : [["ArchiveBucketName", archiveBucket.bucketName, "What the relay met, and what was acknowledged"] as const]),
      ...(audit === undefined
        ? []
        : [["AuditFunctionName", audit.functionName, "Says on its schedule what became of every event"] as const]),
    ];
    this.#outputsName = name;
    for (const [part, value, description] of outputs) new CfnOutput(stack, `${name}${part}`, { value, description });
  }

  #grantArchive(archive: ArchiveOfRelay, functions: readonly LambdaFunction[]): void {
    for (const each of functions) {
      const objects = grantArchive(each, archive, this.journal);
      if (each.role !== undefined) acknowledgeArchiveGrant(each.role, objects);
    }
  }

  /** The operator's command for this relay. A token, since the outputs get their names after the alarms are made. */
  #command(): string {
    const { stackName } = Stack.of(this);
    return Lazy.string({
      produce: () => {
        const relay = this.#outputsName === "" ? "" : ` --relay ${this.#outputsName}`;
        return `npx outbox-relay --stack ${stackName}${relay}`;
      },
    });
  }
}
