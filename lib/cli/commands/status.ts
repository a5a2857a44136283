import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { awsSwitches } from "../../adapters/operate/aws-switches.ts";
import { type LogLine, logGroupOf, logLines } from "../../adapters/operate/function-logs.ts";
import { type Measured, measure } from "../../adapters/operate/measurements.ts";
import { backlogOf, type HealthFacts, type Problem, problemsOf, type SeenFailure } from "../../core/operate/health.ts";
import { forEachWaiting } from "../../core/operate/list-events.ts";
import { failureText } from "../event-text.ts";
import { EXIT } from "../exit-code.ts";
import type { Session } from "../session.ts";
import { moment, spanOf } from "../times.ts";
import { VERSION } from "../version.ts";

const WINDOW_MS = 15 * 60_000;
const FAILURE_LINES = 500;

/** How the relay is: healthy or not, and why. */
export async function status(session: Session): Promise<number> {
  const { clients, deployment, clock } = session;
  const requeuer = await clients.lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: deployment.requeuerFunctionName }),
  );
  const switches = awsSwitches(clients, deployment);
  const nowMs = clock.now();
  const [relayState, requeuerState, backlog, letters, quarantined, measured, ...lines] = await Promise.all([
    switches.relay.state(),
    switches.requeuer.state(),
    lookAtBacklog(session),
    depthOf(session),
    session.journal.aside("quarantined", undefined, QUARANTINE_LOOK),
    measure(clients, { ...deployment, nowMs, windowMs: WINDOW_MS }),
    failureLines(session, { group: logGroupOf(deployment.relay), by: "relay" }, nowMs),
    failureLines(session, { group: logGroupOf(requeuer), by: "requeuer" }, nowMs),
  ]);
  const heartbeats = heartbeatsIn(measured);
  const facts: HealthFacts = {
    nowMs,
    relay: relayState,
    requeuer: requeuerState,
    backlog,
    letters,
    quarantined: { events: quarantined.events.length, more: quarantined.next !== undefined },
    ...(heartbeats === undefined ? {} : { heartbeats }),
    ...(measured.RelayErrors === undefined ? {} : { relayErrors: measured.RelayErrors }),
    ...(measured.IteratorAge === undefined ? {} : { iteratorAgeMs: measured.IteratorAge }),
    ...(measured.BreakerOpen === undefined ? {} : { breakerOpen: measured.BreakerOpen > 0 }),
    failures: failuresIn(lines.flat()),
    windowMs: WINDOW_MS,
    minAgeMs: deployment.settings.minAgeSeconds * 1_000,
  };
  const problems = problemsOf(facts);
  tell(session, facts, measured, problems, requeuer.LastModified);
  return problems.length === 0 ? EXIT.ok : EXIT.failed;
}

const QUARANTINE_LOOK = 1_000;

/** Completed runs; or, where the relay's own metrics are not to be had, runs that did not end in an error. */
function heartbeatsIn({ RequeuerHeartbeat, RequeuerInvocations, RequeuerErrors = 0 }: Measured): number | undefined {
  if (RequeuerHeartbeat !== undefined) return RequeuerHeartbeat;
  return RequeuerInvocations === undefined ? undefined : Math.max(0, RequeuerInvocations - RequeuerErrors);
}

async function lookAtBacklog(session: Session) {
  const { see, backlog } = backlogOf();
  let seen = 0;
  await forEachWaiting({ ...session, keepsOrder: session.deployment.keepsOrder }, {}, (event) => {
    see(event);
    seen += 1;
    if (seen % 1_000 === 0) session.output.progress(`${seen} undelivered events seen`);
  });
  return backlog();
}

async function depthOf({ clients, deployment }: Session) {
  const { Attributes: depth = {} } = await clients.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: deployment.deadLetterQueueUrl,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  return {
    visible: Number(depth["ApproximateNumberOfMessages"] ?? 0),
    hidden: Number(depth["ApproximateNumberOfMessagesNotVisible"] ?? 0),
  };
}

async function failureLines(
  { clients }: Session,
  group: Parameters<typeof logLines>[1],
  nowMs: number,
): Promise<readonly LogLine[]> {
  try {
    return await logLines(clients, group, ["scope", "code"], nowMs - WINDOW_MS, FAILURE_LINES);
  } catch (error) {
    // A function that never ran has no log yet.
    if (error instanceof Error && error.name === "ResourceNotFoundException") return [];
    throw error;
  }
}

function failuresIn(lines: readonly LogLine[]): readonly SeenFailure[] {
  const byText = new Map<string, SeenFailure>();
  for (const { fields, atMs } of lines) {
    const { class: failureClass, scope, code, error } = fields;
    if (scope !== "target" && scope !== "event") continue;
    const text = `${scope}/${String(code)}/${String(error)}`;
    const { count = 0, lastMs = 0 } = byText.get(text) ?? {};
    byText.set(text, {
      class: failureClass as NonNullable<SeenFailure["class"]>,
      scope,
      code: String(code),
      message: String(error),
      count: count + 1,
      lastMs: Math.max(lastMs, atMs),
    });
  }
  return [...byText.values()].sort((one, other) => other.count - one.count);
}

function tell(
  { output, deployment }: Session,
  facts: HealthFacts,
  measured: Measured,
  problems: readonly Problem[],
  requeuerModified: string | undefined,
): void {
  const { backlog, letters, quarantined, nowMs } = facts;
  const { paint } = output;
  const versions = {
    command: VERSION,
    relay: deployment.relay.LastModified,
    requeuer: requeuerModified,
    runtime: deployment.relay.Runtime,
  };
  output.document({ healthy: problems.length === 0, problems, ...facts, measured, versions });
  output.line(
    problems.length === 0
      ? paint.green("Healthy")
      : paint.red(`Not healthy: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`),
  );
  for (const { what, fix } of problems) output.line(`  ${what}\n    ${paint.dim("do:")} ${fix}`);
  output.line();
  const window = spanOf(facts.windowMs);
  const rate = (count: number | undefined) => (count === undefined ? "no data" : `${count} in ${window}`);
  output.facts([
    [
      "undelivered",
      `${backlog.undelivered} events${backlog.malformed > 0 ? `, ${backlog.malformed} of them malformed` : ""}`,
    ],
    ["oldest", backlog.oldestMs === undefined ? "none" : `waits since ${moment(backlog.oldestMs, nowMs)}`],
    ["parked", `${backlog.resting} rest; ${backlog.parkedKeys} keys are parked with ${backlog.behind} events behind`],
    ["dead letters", `about ${letters.visible} due, ${letters.hidden} resting`],
    ["quarantine", `${quarantined.events}${quarantined.more ? " or more" : ""} events`],
    ["published", rate(measured.EventsPublished)],
    ["requeued, swept", `${rate(measured.EventsRequeued)}, ${rate(measured.EventsSwept)}`],
    ["breaker", facts.breakerOpen === undefined ? "no data" : facts.breakerOpen ? paint.red("open of late") : "closed"],
    [
      "relay",
      [
        facts.relay.words,
        ...(facts.iteratorAgeMs === undefined ? [] : [`${spanOf(facts.iteratorAgeMs)} behind its stream`]),
        ...((facts.relayErrors ?? 0) === 0 ? [] : [`crashed or timed out ${rate(facts.relayErrors)}`]),
      ].join(", "),
    ],
    ["requeuer", `${facts.requeuer.words}, ${facts.heartbeats ?? "no data on"} runs in ${window}`],
    ["target", deployment.targetName],
    ["order", deployment.settings.ordering],
    ["versions", `command ${VERSION}, relay of ${versions.relay}, ${versions.runtime}`],
  ]);
  for (const failure of facts.failures.slice(0, SHOWN_FAILURES)) {
    output.line(
      `${paint.dim("failed of late")}  ${failure.count} times, last ${moment(failure.lastMs, nowMs)}: ${failureText(failure)} (${failure.scope})`,
    );
  }
}

const SHOWN_FAILURES = 5;
