import { queueDepth } from "../../aws/dead-letter-queue.ts";
import { FUNCTION_ROLES } from "../../contract/deployment/function-role.ts";
import { FAILURE_CLASSES } from "../../contract/failure.ts";
import { listOf } from "../../contract/foreign-value.ts";
import { shownField } from "../../contract/shown-value.ts";
import type { JudgedMetric, MetricName } from "../../contract/telemetry/metrics.ts";
import { awsSwitches, scheduleEveryMs } from "../aws/aws-switches.ts";
import { type Deployment, functionOf, targetOf } from "../aws/deployment.ts";
import { DeploymentFaultError, existing } from "../aws/deployment-fault.ts";
import { keysFaultOf, streamFaultOf, timeToLiveFaultOf } from "../aws/doctor/stream-checks.ts";
import { type LogLine, logLines, logsOf } from "../aws/function-logs.ts";
import { type Measured, measure } from "../aws/measurements.ts";
import { type DeploymentFault, isSameFault } from "../core/deployment-fault.ts";
import { forEachWaiting } from "../core/events/list-events.ts";
import type { WaitingEvent } from "../core/events/waiting-event.ts";
import { backlogOf, type HealthFacts, type SeenFailure } from "../core/health.ts";
import type { Session } from "./session.ts";

/** The window of what happened of late: at least this, and two of the requeuer's periods. */
const WINDOW_MS = 15 * 60_000;
const PERIODS = 2;
const FAILURE_LINES = 500;
const QUARANTINE_PAGE = 1_000;

/**
 * The metrics that decide about health. So each level of monitoring that publishes metrics of the relay's own publishes
 * these.
 */
type Judged = Omit<Measured, Exclude<MetricName, JudgedMetric>>;

export interface Gathered {
  readonly facts: HealthFacts;
  readonly measured: Measured;
}

/**
 * Gathers everything that `status` judges by. A part that is gone is a fault, and the facts of the other parts are
 * gathered all the same.
 */
export async function gatherFacts(session: Session): Promise<Gathered> {
  const { clients, deployment, clock, journal } = session;
  const faults: DeploymentFault[] = [];
  const note = (fault: DeploymentFault | undefined) => {
    if (fault !== undefined && !faults.some((each) => isSameFault(each, fault))) faults.push(fault);
  };
  const unlessGone = async <Answer>(ask: () => Answer | Promise<Answer>): Promise<Answer | undefined> => {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof DeploymentFaultError)) throw error;
      note(error.fault);
      return undefined;
    }
  };
  const judge = async (faultOf: typeof streamFaultOf) => note(await unlessGone(() => faultOf(session)));

  for (const part of FUNCTION_ROLES) await unlessGone(() => functionOf(deployment, part));
  const windowMs = Math.max(WINDOW_MS, PERIODS * (await scheduleEveryMs(clients, deployment)));
  const switches = awsSwitches(clients, deployment);
  const nowMs = clock.now();
  const [relay, requeuer, waiting, letters, quarantined, measured, lines] = await Promise.all([
    switches.relay.state(),
    switches.requeuer.state(),
    unlessGone(() => existing("outbox-table", deployment.tableName, countBacklog(session))),
    unlessGone(() =>
      existing(
        "dead-letter-queue",
        deployment.deadLetterQueueUrl,
        queueDepth(clients.sqs, deployment.deadLetterQueueUrl),
      ),
    ),
    unlessGone(() =>
      existing("journal", deployment.journalTableName, journal.aside("quarantined", undefined, QUARANTINE_PAGE)),
    ),
    measure(clients, { ...deployment, nowMs, windowMs }),
    Promise.all(
      logsOf(deployment).map((log) => logLines(clients, log, ["scope", "code"], nowMs - windowMs, FAILURE_LINES)),
    ),
    judge(keysFaultOf),
    judge(streamFaultOf),
    judge(timeToLiveFaultOf),
  ]);
  for (const { fault } of [relay, requeuer]) note(fault);
  const judged: Judged = measured;
  const heartbeats = heartbeatsIn(judged);
  return {
    measured,
    facts: {
      nowMs,
      faults,
      relay,
      requeuer,
      ...waiting,
      ...(letters === undefined ? {} : { letters }),
      ...(quarantined === undefined
        ? {}
        : { quarantined: { events: quarantined.events.length, more: quarantined.next !== undefined } }),
      ...(heartbeats === undefined ? {} : { heartbeats }),
      ...(judged.RelayErrors === undefined ? {} : { relayErrors: judged.RelayErrors }),
      ...(judged.IteratorAge === undefined ? {} : { iteratorAgeMs: judged.IteratorAge }),
      ...(judged.BreakerOpen === undefined ? {} : { breakerOpen: judged.BreakerOpen > 0 }),
      ...deliveredIn(judged, deployment),
      failures: failuresIn(lines.flat()),
      windowMs,
      minAgeMs: deployment.settings.minAgeSeconds * 1_000,
    },
  };
}

/**
 * Completed runs. Where CloudWatch has none of the relay's own metrics, as with `monitoring: "none"`, or with an emulator that
 * reads none out of logs, runs that did not end in an error.
 */
function heartbeatsIn(judged: Judged): number | undefined {
  const { RequeuerHeartbeat, RequeuerInvocations, RequeuerErrors = 0 } = judged;
  if (RequeuerHeartbeat !== undefined) return RequeuerHeartbeat;
  const { EventsPublished, BreakerOpen } = judged;
  const ownAreHad = [EventsPublished, BreakerOpen].some((own) => own !== undefined);
  return ownAreHad || RequeuerInvocations === undefined ? undefined : Math.max(0, RequeuerInvocations - RequeuerErrors);
}

/** A destination that takes events proves nothing about another one, and the metrics do not tell destinations apart. */
function deliveredIn({ LastPublishedMinute: deliveredMs }: Judged, deployment: Deployment) {
  const { alsoTo } = targetOf(deployment);
  return deliveredMs === undefined || listOf(alsoTo).length > 0 ? {} : { deliveredMs };
}

async function countBacklog(session: Session) {
  const own = backlogOf();
  const foreign = backlogOf();
  let seen = 0;
  const seeing =
    ({ see }: typeof own) =>
    (event: WaitingEvent) => {
      see(event);
      seen += 1;
      if (seen % 1_000 === 0) session.output.progress(`${seen} undelivered events seen`);
    };
  await forEachWaiting({ ...session, keepsOrder: session.deployment.keepsOrder }, {}, seeing(own), seeing(foreign));
  const { undelivered, oldestMs, ageless } = foreign.backlog();
  return {
    backlog: own.backlog(),
    ...(session.deployment.settings.eventTypes === undefined
      ? {}
      : { foreign: { undelivered, ageless, ...(oldestMs === undefined ? {} : { oldestMs }) } }),
  };
}

function failuresIn(lines: readonly LogLine[]): readonly SeenFailure[] {
  const byText = new Map<string, SeenFailure>();
  for (const { fields, atMs } of lines) {
    const { scope, undecided, eventId } = fields;
    if (scope !== "target" && scope !== "event") continue;
    const failureClass = FAILURE_CLASSES.find((each) => each === fields["class"]);
    const [code, error] = [shownField(fields["code"]), shownField(fields["error"])];
    const undecidedId = undecided === true ? shownField(eventId) : undefined;
    const text = `${scope}/${undecidedId ?? ""}/${code}/${error}`;
    const { count = 0, lastMs = 0 } = byText.get(text) ?? {};
    byText.set(text, {
      ...(failureClass === undefined ? {} : { class: failureClass }),
      scope,
      code,
      message: error,
      count: count + 1,
      lastMs: Math.max(lastMs, atMs),
      ...(undecidedId === undefined ? {} : { undecidedId }),
    });
  }
  return [...byText.values()].sort((one, other) => other.count - one.count);
}
