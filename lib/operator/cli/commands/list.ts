import { OperatorError } from "../../aws/operator-error.ts";
import type { EventFilter } from "../../core/events/event-filter.ts";
import { CursorError, forEachWaiting, listEvents } from "../../core/events/list-events.ts";
import type { WaitingEvent } from "../../core/events/waiting-event.ts";
import type { AsidePlace } from "../../core/journal.ts";
import { EVENT_COLUMNS, eventCells, nameOf } from "../event-text.ts";
import { EXIT } from "../exit-code.ts";
import { findAside } from "../find-events.ts";
import { cut, plain } from "../output.ts";
import type { Session } from "../session.ts";
import { moment } from "../times.ts";

export interface ListOptions {
  readonly filter: EventFilter;
  readonly order: "oldest" | "newest";
  readonly limit: number;
  readonly after?: string | undefined;
  readonly place?: AsidePlace | undefined;
  readonly foreign?: boolean | undefined;
}

export async function list(session: Session, options: ListOptions): Promise<number> {
  const { output, clock, deployment } = session;
  if (options.place !== undefined) return listAside(session, options.place, options);
  if (options.foreign === true) requireSharedTable(session);
  try {
    const page = await listEvents({ ...session, keepsOrder: deployment.keepsOrder }, options);
    const nowMs = clock.now();
    output.document(page);
    output.table(
      EVENT_COLUMNS,
      page.events.map((event) => eventCells(event, nowMs)),
    );
    output.line();
    output.line(
      `${page.events.length} of ${page.matching} undelivered events${options.foreign === true ? " of other types" : ""} that match, ${options.order} first`,
    );
    if (page.next !== undefined) output.line(`more: --after ${page.next}`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof CursorError)) throw error;
    throw new OperatorError(
      "misuse",
      `--after is ${JSON.stringify(error.cursor)}, which is not the end of a page: give what the page before ended with.`,
      { cause: error },
    );
  }
}

/** Every event that matches, in no order, as JSON lines. For scripts, and for any number of events. */
export async function listAll(
  session: Session,
  filter: EventFilter,
  foreign: boolean,
  write: (line: string) => void,
): Promise<number> {
  if (foreign) requireSharedTable(session);
  const tell = (event: WaitingEvent) => write(`${JSON.stringify(event)}\n`);
  const ports = { ...session, keepsOrder: session.deployment.keepsOrder };
  await forEachWaiting(ports, filter, foreign ? () => {} : tell, foreign ? tell : undefined);
  return EXIT.ok;
}

function requireSharedTable({ deployment }: Session): void {
  if (deployment.settings.eventTypes !== undefined) return;
  throw new OperatorError("misuse", "--foreign: this relay has no eventTypes, so every row of its table is its own.");
}

const WHY_LENGTH = 60;

async function listAside(session: Session, place: AsidePlace, { filter, order, limit }: ListOptions): Promise<number> {
  const { output, clock } = session;
  const found = await findAside(session, place, filter);
  const shown = (order === "oldest" ? found : found.toReversed()).slice(0, limit);
  output.document({ events: shown.map(({ item: _item, ...aside }) => aside), matching: found.length });
  output.table(
    ["id", "type", "key", place, "why", "failed with"],
    shown.map((aside) => [
      nameOf(aside),
      plain(aside.type ?? "(malformed)"),
      aside.ordered ? `${plain(aside.key.pk)} ${aside.key.sk}` : "",
      moment(aside.atMs, clock.now()),
      cut(plain(aside.why), WHY_LENGTH),
      cut(plain(aside.reason ?? ""), WHY_LENGTH),
    ]),
  );
  output.line();
  output.line(`${shown.length} of ${found.length} ${place} events that match`);
  return EXIT.ok;
}
