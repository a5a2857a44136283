import { OperatorError } from "../../aws/operator-error.ts";
import { type Outcomes, outcomeCounts, recorded } from "../../core/act.ts";
import type { Act, ActEnd, ActName } from "../../core/journal.ts";
import { EXIT } from "../exit-code.ts";
import type { Session } from "../session.ts";
import { isDone, type OutcomeTexts, tallyOf } from "../texts/outcome-texts.ts";
import { newAct } from "./new-act.ts";

/** The steps of every command that changes events: select, show or ask for `--yes`, do, and record. */
export interface ActOptions {
  readonly name: ActName;
  readonly what: string;
  readonly why?: string | undefined;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

export interface ActRequest<Subject, Outcome extends string> extends ActOptions {
  readonly subjects: readonly Subject[];
  /** What would be done, in one line. */
  readonly intention: string;
  /** Shows some of them. */
  readonly preview: (subjects: readonly Subject[]) => void;
  readonly work: (act: Act, outcomes: Outcomes<Outcome>) => Promise<void>;
  readonly texts: OutcomeTexts<Outcome>;
}

const PREVIEWED = 10;

export async function perform<Subject, Outcome extends string>(
  session: Session,
  request: ActRequest<Subject, Outcome>,
): Promise<number> {
  const { output, stopped } = session;
  const { subjects, name, what, why, intention, texts } = request;
  if (subjects.length === 0) {
    output.document({ events: 0 });
    output.line("No event matches. Nothing was changed.");
    return EXIT.notFound;
  }
  // A single event needs no `--yes`. Several may be more than the operator meant.
  if (request.dryRun || (subjects.length > 1 && !request.yes)) {
    output.document({ dryRun: true, events: subjects.length });
    request.preview(subjects.slice(0, PREVIEWED));
    if (subjects.length > PREVIEWED) output.line(`and ${subjects.length - PREVIEWED} more`);
    output.line();
    output.line(`Would ${intention}. Nothing was changed: --yes does it.`);
    return EXIT.dryRun;
  }
  if (stopped()) throw new OperatorError("failed", "Stopped before anything was changed.");
  const act = newAct(session, { name, what, why, events: subjects.length });
  const outcomes = outcomeCounts<Outcome>();
  const work = () => request.work(act, outcomes);
  const end = await recorded(act, session, work, () => tallyOf(outcomes, texts));
  tellEnd(session, act, end);
  return end.how === "done" && isDone(outcomes, texts) ? EXIT.ok : EXIT.partly;
}

/** What an act came to. */
export function tellEnd({ output }: Session, act: Act, { how, tally }: ActEnd): void {
  output.document({ act: act.id, how, events: act.events, tally });
  const counts = Object.entries(tally).map(([end, count]): readonly [string, string] => [end, String(count)]);
  output.facts(counts);
  const reached = Object.values(tally).reduce((sum, count) => sum + count, 0);
  if (reached < act.events) output.line(`${act.events - reached} were not reached and are as they were`);
  output.line(output.paint.dim(`recorded as ${act.id}; outbox-relay journal shows it`));
}
