import type { EventTypes } from "../../../contract/settings/event-types.ts";
import { targetOf } from "../../aws/deployment.ts";
import { OperatorError } from "../../aws/operator-error.ts";
import { deployedDestinations } from "../../aws/replay/deployed-destinations.ts";
import { outcomeCounts, recorded } from "../../core/act.ts";
import type { Act } from "../../core/journal.ts";
import type { KnownDestinations } from "../../core/replay/destinations.ts";
import { type Gathered, gather, ReplayStopped } from "../../core/replay/gathering.ts";
import type { Positions } from "../../core/replay/position.ts";
import { type ReplayOutcome, replay } from "../../core/replay/replay.ts";
import { ReplayElsewhere, type ReplayPorts } from "../../core/replay/replay-ports.ts";
import { type KnownReplay, knownReplayText } from "../../core/replay/replay-request.ts";
import { survey } from "../../core/replay/survey.ts";
import { EXIT } from "../exit-code.ts";
import { type AskedReplay, knownReplay, newReplay } from "../replay/asked-replay.ts";
import { type Surveyed, surveyDocument, tellHindrances, tellSurvey } from "../replay/tell-survey.ts";
import type { Session } from "../session.ts";
import { isDone, REPLAY_TEXTS, tallyOf } from "../texts/outcome-texts.ts";
import { gatherText, replayHindrances, requestWords } from "../texts/replay-texts.ts";
import { tellEnd } from "./acting.ts";
import { newAct } from "./new-act.ts";

export interface ReplayOptions {
  readonly asked: AskedReplay;
  readonly why?: string | undefined;
  readonly eventsPerSecond: number;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** One run of a replay. */
interface Run extends KnownReplay {
  readonly act: Act;
  readonly isCut: boolean;
  readonly positions: Positions;
  readonly destinations: KnownDestinations;
  readonly keepsOrder: boolean;
  readonly eventTypes: EventTypes | undefined;
}

/** Puts acknowledged events into the outbox again. */
export async function replayEvents(session: Session, options: ReplayOptions): Promise<number> {
  // It brings the client for S3, for which no other command should wait.
  const { withReplayPorts } = await import("../../aws/replay/replay-deployment.ts");
  return withReplayPorts(session, async (ports, bucket) => {
    const run = await begin(session, options, ports);
    try {
      const gathered = await gather(ports, run.request, (step) => session.output.progress(gatherText(step)));
      return await lookAndAct(session, options, run, gathered, ports, bucket);
    } catch (error) {
      if (error instanceof ReplayStopped) throw new OperatorError("failed", STOPPED, { cause: error });
      if (error instanceof ReplayElsewhere)
        throw new OperatorError("failed", elsewhere(run.replayId), { cause: error });
      throw error;
    }
  });
}

const STOPPED = "Stopped before anything was changed.";
const elsewhere = (replayId: string): string =>
  `Another command goes on with the replay ${replayId}: this one has left it alone. Once that one has ended, \`outbox-relay journal\` ` +
  "tells what it came to.";

async function begin(session: Session, { asked, why }: ReplayOptions, ports: ReplayPorts): Promise<Run> {
  const { deployment } = session;
  const deployed = {
    destinations: deployedDestinations(deployment),
    keepsOrder: deployment.keepsOrder,
    eventTypes: deployment.settings.eventTypes,
  };
  const about = { name: "replay", why, events: 0 } as const;
  if (asked.kind === "resume") {
    const known = await knownReplay(session, asked.actId);
    const act = newAct(session, { ...about, what: `goes on with ${known.replayId}: ${requestWords(known.request)}` });
    const positions = await ports.rows.positions(known.replayId);
    return { ...known, ...deployed, act, positions, isCut: false };
  }
  const { request, isCut } = newReplay(session, asked, deployed.destinations);
  const act = newAct(session, { ...about, what: requestWords(request) });
  const positions: Positions = new Map();
  return { replayId: act.id, request, ...deployed, act, positions, isCut };
}

async function lookAndAct(
  session: Session,
  options: ReplayOptions,
  run: Run,
  gathered: Gathered,
  ports: ReplayPorts,
  bucket: string,
): Promise<number> {
  const { output, clock, deployment, stopped } = session;
  const { eventsPerSecond, dryRun, yes } = options;
  const counts = await survey(ports, {
    ...run,
    onProgress: (partition) => output.progress(`counting: part ${partition + 1}`),
  });
  const surveyed: Surveyed = {
    ...{ request: run.request, gathered, survey: counts, isCut: run.isCut, bucket, eventsPerSecond },
    ...{ kind: targetOf(deployment)["kind"], nowMs: clock.now() },
  };
  if (counts.events === 0) {
    output.document({ events: 0, before: counts.before });
    tellHindrances(output, surveyed);
    output.line(counts.before === 0 ? "No event matches. Nothing was changed." : "Every event has had its turn.");
    return counts.before === 0 ? EXIT.notFound : EXIT.ok;
  }
  // A single event that is named needs no `--yes`. What a filter finds may be more than the operator meant.
  const isNamed = counts.events === 1 && run.request.filter.ids?.length === 1;
  if (dryRun || !(yes || isNamed)) {
    output.document(surveyDocument(surveyed));
    tellSurvey(output, surveyed);
    return EXIT.dryRun;
  }
  if (stopped()) throw new OperatorError("failed", STOPPED);
  tellHindrances(output, surveyed);
  return act(session, eventsPerSecond, run, surveyed, ports);
}

async function act(
  session: Session,
  eventsPerSecond: number,
  run: Run,
  { survey: { events }, gathered, bucket }: Surveyed,
  ports: ReplayPorts,
): Promise<number> {
  const { output } = session;
  const begun: Act = { ...run.act, events, request: knownReplayText(run) };
  const outcomes = outcomeCounts<ReplayOutcome>();
  const onProgress = (settled: number) => output.progress(`${settled} of ${events} events`);
  const work = () => replay(ports, { ...run, eventsPerSecond, onProgress }, outcomes);
  const goOn = `outbox-relay replay --resume ${run.replayId} --yes goes on with it`;
  try {
    const end = await recorded(begun, session, work, () => tallyOf(outcomes, REPLAY_TEXTS));
    tellEnd(session, begun, end);
    if (end.how !== "done") output.line(goOn);
    const isWhole =
      end.how === "done" && isDone(outcomes, REPLAY_TEXTS) && replayHindrances(gathered, bucket).length === 0;
    return isWhole ? EXIT.ok : EXIT.partly;
  } catch (error) {
    if (!(error instanceof ReplayElsewhere)) output.warn(`The replay has not ended: ${goOn}.`);
    throw error;
  }
}
