import { Duration, Size } from "aws-cdk-lib";
import type { ITableV2 } from "aws-cdk-lib/aws-dynamodb";
import { type Alias, Code, type Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { ArchiveConfig } from "../../contract/deployment/environment.ts";
import type { AuditSettings } from "../../contract/settings/audit-settings.ts";
import { acknowledgeAuditFindings, acknowledgeAuditGrant } from "../../synth/acknowledgements.ts";
import { type ArchiveOfRelay, grantAudit } from "../../synth/grants.ts";
import { scheduleAlias } from "./alias-schedule.ts";
import { requireAuditBundle } from "./bundles.ts";
import { publishLive } from "./live-alias.ts";
import {
  type AnyFunctionProps,
  allowNetwork,
  commonEnvironment,
  createAnyFunction,
  finish,
} from "./outbox-function.ts";

/** The longest that Lambda gives: the archive of a busy day takes minutes to read. */
const TIMEOUT = Duration.minutes(15);
/**
 * A whole processor, and some more. Ten million events took 372 MB on two of them (docs/audit.md); the rest is for
 * speed, and costs $0.03 where it is used for 15 minutes.
 */
const MEMORY_MB = 2_048;
/** What is read is spilled there, some 300 bytes an event: of more events than 15 minutes are enough for. */
const STORAGE = Size.gibibytes(4);
/** One more try, begun soon enough for the window to overlap with the one before: see `WINDOW_OVERLAP_HOURS`. */
const RETRIES = 1;
const LATEST_START = Duration.minutes(30);
/** The schedule's own tries, where Lambda does not take the invocation. */
const SCHEDULE_RETRIES = 5;
const SCHEDULE_TRIES_FOR = Duration.minutes(5);

export interface AuditFunctionProps extends AnyFunctionProps {
  readonly bundlesFolder: string;
  readonly audit: AuditSettings;
  readonly journal: ITableV2;
  readonly archive: ArchiveOfRelay;
  /** What the function is told of the archive, with tokens. */
  readonly archiveConfig: ArchiveConfig;
}

/**
 * The audit: a function that a schedule invokes, and that reads alone. Two runs at once do no harm, so there is neither a
 * lease nor a reserved concurrency. It has no collector's layer, for it makes no spans and would make one of each object.
 */
export class AuditFunction extends Construct {
  readonly function: LambdaFunction;
  /** Names the version that is invoked. */
  readonly live: Alias;

  constructor(scope: Construct, id: string, props: AuditFunctionProps) {
    super(scope, id);
    const { relayName, audit, table, journal, archive, archiveConfig, target } = props;
    const { function: created, role } = createAnyFunction(this, props, {
      name: "audit",
      description: `${relayName}: says of every event of the last ${audit.windowHours} hours what became of it`,
      timeout: TIMEOUT,
      memoryMb: MEMORY_MB,
      ephemeralStorageSize: STORAGE,
      code: Code.fromAsset(requireAuditBundle(props.bundlesFolder)),
      told: [table.tableName, archiveConfig],
      environment: {
        ...commonEnvironment(this, props, archiveConfig),
        OUTBOX_RELAY_AUDIT: JSON.stringify({ windowHours: audit.windowHours }),
      },
    });
    acknowledgeAuditGrant(role, grantAudit(role, table, journal, archive));
    allowNetwork(role, target.network);
    finish(created);
    this.function = created;
    this.live = publishLive(this, created, { retryAttempts: RETRIES, maxEventAge: LATEST_START });
    acknowledgeAuditFindings(this.live);
    const { schedule, role: schedulerRole } = scheduleAlias(this, this.live, {
      ...{ relayName, invoked: "audit", every: Duration.hours(audit.everyHours) },
      retryPolicy: {
        maximumRetryAttempts: SCHEDULE_RETRIES,
        maximumEventAgeInSeconds: SCHEDULE_TRIES_FOR.toSeconds(),
      },
    });
    // Its first run follows at once, and the next one hours later: so what it may do has to be there before.
    schedule.node.addDependency(schedulerRole);
  }
}
