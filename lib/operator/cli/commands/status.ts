import type { FunctionRole } from "../../../contract/deployment/function-role.ts";
import { shownDestination } from "../../../contract/shown-destination.ts";
import type { Measured } from "../../aws/measurements.ts";
import {
  type Backlog,
  type ForeignRows,
  type HealthFacts,
  type Problem,
  problemsOf,
  SHOWN_FAILURES,
} from "../../core/health.ts";
import type { SwitchState } from "../../core/switches.ts";
import { counted } from "../counted.ts";
import { failureText } from "../event-text.ts";
import { EXIT } from "../exit-code.ts";
import { type Gathered, gatherFacts } from "../health-facts.ts";
import type { Session } from "../session.ts";
import { faultLine, faultText } from "../texts/fault-texts.ts";
import { problemText } from "../texts/problem-texts.ts";
import { switchText } from "../texts/switch-texts.ts";
import { moment, spanOf } from "../times.ts";
import { VERSION } from "../version.ts";

type Fact = readonly [name: string, value: string];

/** How the relay is: healthy or not, and why. */
export async function status(session: Session): Promise<number> {
  const gathered = await gatherFacts(session);
  const problems = problemsOf(gathered.facts);
  tell(session, gathered, problems);
  return problems.length === 0 ? EXIT.ok : EXIT.failed;
}

function tell({ output, deployment }: Session, { facts, measured }: Gathered, problems: readonly Problem[]): void {
  const { backlog, letters, quarantined, nowMs } = facts;
  const { relay, requeuer } = deployment;
  const { paint } = output;
  const versions = {
    command: VERSION,
    relay: relay?.LastModified,
    requeuer: requeuer?.LastModified,
    runtime: (relay ?? requeuer)?.Runtime,
  };
  const told = problems.map(problemText);
  output.document({ healthy: problems.length === 0, problems: told, ...factsDocument(facts), measured, versions });
  output.line(
    problems.length === 0
      ? paint.green("Healthy")
      : paint.red(`Not healthy: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`),
  );
  for (const { what, fix } of told) output.line(`  ${what}\n    ${paint.dim("do:")} ${fix}`);
  output.line();
  const window = spanOf(facts.windowMs);
  const rate = (count: number | undefined) => (count === undefined ? "no data" : `${count} in ${window}`);
  output.facts([
    ...backlogFacts(backlog, nowMs),
    ...foreignFacts(facts.foreign, nowMs),
    ["dead letters", letters === undefined ? GONE : `about ${letters.visible} due, ${letters.hidden} resting`],
    [
      "quarantine",
      quarantined === undefined
        ? GONE
        : quarantined.more
          ? `${quarantined.events} or more events`
          : counted(quarantined.events, "event"),
    ],
    ["published", rate(measured.EventsPublished)],
    ["requeued, swept", `${rate(measured.EventsRequeued)}, ${rate(measured.EventsSwept)}`],
    ["duplicates", duplicatesText(measured, window)],
    ["breaker", facts.breakerOpen === undefined ? "no data" : facts.breakerOpen ? paint.red("open of late") : "closed"],
    [
      "relay",
      [
        switchText("relay", facts.relay),
        ...(facts.iteratorAgeMs === undefined ? [] : [`${spanOf(facts.iteratorAgeMs)} behind its stream`]),
        ...((facts.relayErrors ?? 0) === 0 ? [] : [`crashed or timed out ${rate(facts.relayErrors)}`]),
      ].join(", "),
    ],
    ["requeuer", `${switchText("requeuer", facts.requeuer)}, ${counted(facts.heartbeats ?? 0, "run")} in ${window}`],
    ["target", shownDestination(deployment.targetName, true)],
    ["order", deployment.settings.ordering],
    ["versions", `command ${VERSION}, relay of ${versions.relay ?? GONE}, ${versions.runtime}`],
  ]);
  for (const failure of facts.failures.slice(0, SHOWN_FAILURES)) {
    output.line(
      `${paint.dim("failed of late")}  ${counted(failure.count, "time")}, last ${moment(failure.lastMs, nowMs)}: ${failureText(failure)} (${failure.scope})`,
    );
  }
}

/** The facts as `--json` has them, with the words of what is a union. */
const factsDocument = (facts: HealthFacts) => ({
  ...facts,
  faults: facts.faults.map(faultLine),
  relay: switchDocument("relay", facts.relay),
  requeuer: switchDocument("requeuer", facts.requeuer),
});

function switchDocument(part: FunctionRole, state: SwitchState) {
  const { on, settled, fault } = state;
  return { on, settled, words: switchText(part, state), ...(fault === undefined ? {} : { fault: faultText(fault) }) };
}

const GONE = "gone";

/** Whether an event came twice, only its consumer knows: these may have. */
function duplicatesText({ DuplicatesPossible, DuplicatesDropped = 0, EventsPublished = 0 }: Measured, window: string) {
  if (DuplicatesPossible === undefined) return "no data";
  const dropped = DuplicatesDropped === 0 ? "" : `; ${DuplicatesDropped} dropped by the target`;
  const causes = Object.entries(DuplicatesPossible).filter(([, count]) => count > 0);
  if (causes.length === 0) return `none possible in ${window}${dropped}`;
  const possible = causes.reduce((sum, [, count]) => sum + count, 0);
  const rate = EventsPublished === 0 ? "" : `, ${Math.round((1_000_000 * possible) / EventsPublished)} of a million`;
  const byCause = causes.map(([cause, count]) => `${cause} ${count}`).join(", ");
  return `${possible} possible in ${window}${rate} (${byCause})${dropped}`;
}

function backlogFacts(backlog: Backlog | undefined, nowMs: number): readonly Fact[] {
  if (backlog === undefined) return [["undelivered", GONE]];
  const { undelivered, malformed, resting, parkedKeys, behind } = backlog;
  return [
    ["undelivered", `${counted(undelivered, "event")}${malformed > 0 ? `, ${malformed} of them malformed` : ""}`],
    ["oldest", oldestText(backlog, nowMs)],
    ["parked", `${resting} rest; ${counted(parkedKeys, "key")} parked with ${counted(behind, "event")} behind`],
  ];
}

/** What else waits in a table that several relays share. */
function foreignFacts(foreign: ForeignRows | undefined, nowMs: number): readonly Fact[] {
  if (foreign === undefined) return [];
  const { undelivered } = foreign;
  const oldest = undelivered === 0 ? "" : `; the oldest ${oldestText(foreign, nowMs)}`;
  return [
    [
      "of other types",
      `${counted(undelivered, "event")} of the table ${undelivered === 1 ? "is" : "are"} not this relay's${oldest}`,
    ],
  ];
}

/** A row without a time of its own gets an age at the requeuer's next run, which notes when it saw the row. */
function oldestText({ undelivered, oldestMs, ageless }: ForeignRows, nowMs: number): string {
  if (undelivered === 0) return "none";
  if (oldestMs === undefined) return "unknown: nobody knows since when they wait";
  const unknown = ageless === 0 ? "" : `, or longer: of ${ageless} nobody knows since when they wait`;
  return `waits since ${moment(oldestMs, nowMs)}${unknown}`;
}
