import type { EventFilter } from "../../core/events/event-filter.ts";
import type { WaitingEvent } from "../../core/events/waiting-event.ts";
import type { AsideEvent } from "../../core/journal.ts";
import { releaseEvents } from "../../core/release.ts";
import { retryEvents } from "../../core/retry.ts";
import { discardAside } from "../../core/set-aside/discard-aside.ts";
import { setAsideEvents } from "../../core/set-aside/set-aside.ts";
import { counted } from "../counted.ts";
import { EVENT_COLUMNS, eventCells, nameOf } from "../event-text.ts";
import { filterWords } from "../filter-options.ts";
import { findAside, findEvents } from "../find-events.ts";
import { plain } from "../output.ts";
import { protocolOf, type Session } from "../session.ts";
import { DISCARD_ASIDE_TEXTS, RELEASE_TEXTS, RETRY_TEXTS, setAsideTexts } from "../texts/outcome-texts.ts";
import { perform } from "./acting.ts";

export interface EventActOptions {
  readonly filter: EventFilter;
  readonly why?: string | undefined;
  readonly eventsPerSecond: number;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

const preview =
  ({ output, clock }: Session) =>
  (events: readonly WaitingEvent[]) =>
    output.table(
      EVENT_COLUMNS,
      events.map((event) => eventCells(event, clock.now())),
    );

const previewAside =
  ({ output }: Session) =>
  (events: readonly AsideEvent[]) =>
    output.table(
      ["id", "type", "key", "why"],
      events.map((aside) => [
        nameOf(aside),
        plain(aside.type ?? "(malformed)"),
        aside.ordered ? `${plain(aside.key.pk)} ${aside.key.sk}` : "",
        plain(aside.why),
      ]),
    );

export async function retry(session: Session, options: EventActOptions): Promise<number> {
  const subjects = await findEvents(session, options.filter);
  const { eventsPerSecond } = options;
  return perform(session, {
    ...options,
    name: "retry",
    what: filterWords(options.filter),
    subjects,
    intention: `make ${counted(subjects.length, "event")} due, ${eventsPerSecond} a second; the requeuer then tries them, ordered keys in their order`,
    preview: preview(session),
    texts: RETRY_TEXTS,
    work: (_act, outcomes) =>
      retryEvents(subjects, { ...session, minParkedMs: session.deployment.minParkedMs }, outcomes, {
        eventsPerSecond,
        onProgress: (events) => session.output.progress(`${events} of ${subjects.length} events`),
      }),
  });
}

/** Quarantine and discard of events that wait in the outbox. */
export async function setAside(
  session: Session,
  place: "quarantined" | "discarded",
  options: EventActOptions & { readonly why: string },
): Promise<number> {
  const { why } = options;
  const waiting = await findEvents(session, options.filter);
  // What is quarantined already can be given up as well.
  const aside =
    place === "discarded" && waiting.length === 0 ? await findAside(session, "quarantined", options.filter) : [];
  if (aside.length > 0) return discardQuarantined(session, aside, why, options);
  const keys = new Set(waiting.filter(({ ordered }) => ordered).map(({ key }) => key.pk)).size;
  const gaps =
    keys === 0 ? "" : `; what waits behind them in ${keys} ordering keys goes on, and their consumers see gaps`;
  const { output, deployment, caller } = session;
  return perform(session, {
    ...options,
    name: place === "quarantined" ? "quarantine" : "discard",
    what: filterWords(options.filter),
    subjects: waiting,
    intention: `${place === "quarantined" ? "quarantine" : "discard"} ${counted(waiting.length, "event")}, kept whole in the journal${gaps}`,
    preview: preview(session),
    texts: setAsideTexts(place),
    work: (act, outcomes) =>
      setAsideEvents(
        waiting,
        { ...session, ...protocolOf(session), minParkedMs: deployment.minParkedMs },
        {
          place,
          actId: act.id,
          who: caller.arn,
          why,
          eventsPerSecond: options.eventsPerSecond,
          onWait: (events) =>
            output.progress(
              `${counted(events, "event")}: waiting until nobody can have them in hand (${deployment.minParkedMs / 1_000} s or longer)`,
            ),
        },
        outcomes,
      ),
  });
}

function discardQuarantined(
  session: Session,
  subjects: readonly AsideEvent[],
  why: string,
  options: EventActOptions,
): Promise<number> {
  return perform(session, {
    ...options,
    name: "discard",
    what: `quarantined: ${filterWords(options.filter)}`,
    subjects,
    intention: `discard ${counted(subjects.length, "event")} in quarantine, kept whole in the journal`,
    preview: previewAside(session),
    texts: DISCARD_ASIDE_TEXTS,
    work: (act, outcomes) => {
      const { eventsPerSecond } = options;
      const request = { place: "discarded", actId: act.id, who: session.caller.arn, why, eventsPerSecond } as const;
      return discardAside(subjects, session, request, outcomes);
    },
  });
}

export async function release(
  session: Session,
  { outOfOrder, ...options }: EventActOptions & { readonly outOfOrder: boolean },
): Promise<number> {
  const subjects = await findAside(session, "quarantined", options.filter);
  const { eventsPerSecond } = options;
  return perform(session, {
    ...options,
    name: "release",
    what: `${filterWords(options.filter)}${outOfOrder ? ", out of order" : ""}`,
    subjects,
    intention: `put ${counted(subjects.length, "event")} back into the outbox, ${eventsPerSecond} a second`,
    preview: previewAside(session),
    texts: RELEASE_TEXTS,
    work: (act, outcomes) =>
      releaseEvents(
        subjects,
        { ...session, ...protocolOf(session), minParkedMs: session.deployment.minParkedMs },
        {
          actId: act.id,
          eventsPerSecond,
          outOfOrder,
          onProgress: (events) => session.output.progress(`${events} of ${subjects.length} events`),
        },
        outcomes,
      ),
  });
}
