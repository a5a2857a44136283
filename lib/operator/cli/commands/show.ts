import { type Item, itemJson } from "../../../contract/codec/item.ts";
import { UNORDERED_SORT_KEY } from "../../../contract/item-contract.ts";
import { shownDestination } from "../../../contract/shown-destination.ts";
import { shownField } from "../../../contract/shown-value.ts";
import { type LogLine, logLines, logsOf } from "../../aws/function-logs.ts";
import { OperatorError } from "../../aws/operator-error.ts";
import { isDeployedName } from "../../aws/replay/deployed-destinations.ts";
import type { EventFilter } from "../../core/events/event-filter.ts";
import { outlookOf } from "../../core/events/outlook.ts";
import type { WaitingEvent } from "../../core/events/waiting-event.ts";
import type { AsideEvent } from "../../core/journal.ts";
import type { AnnotatedParkedKey } from "../../core/operator-ports.ts";
import { componentsOf } from "../components.ts";
import { failureText, nameOf, typesText } from "../event-text.ts";
import { EXIT } from "../exit-code.ts";
import { findAside, findEvents } from "../find-events.ts";
import { plain } from "../output.ts";
import { reservedText } from "../reserved-place.ts";
import type { Session } from "../session.ts";
import { outlookText } from "../texts/outlook-texts.ts";
import { moment } from "../times.ts";

const HISTORY_MS = 24 * 3_600_000;
const HISTORY_LINES = 20;
const SEARCHED_LINES = 1_000;

/** One event: where it is, what happened to it, what comes next. */
export async function show(session: Session, filter: EventFilter, withData: boolean): Promise<number> {
  const [event, ...others] = await findEvents(session, filter);
  if (others.length > 0) {
    throw new OperatorError(
      "misuse",
      `${others.length + 1} events match: show one, by its id or by --key and --sequence.`,
    );
  }
  const history = await historyOf(session, event?.id ?? filter.ids?.[0]);
  if (event === undefined) return showAside(session, filter, history, withData);
  const { table, clock, deployment, output } = session;
  const item = await table.readItem(event.key);
  const parkedKey = event.ordered ? await table.readParkedKey(event.key.pk) : undefined;
  const nowMs = clock.now();
  const outlook = outlookOf(event, parkedKey, await componentsOf(session), nowMs);
  const told = { what: outlookText(outlook), ...(outlook.fromMs === undefined ? {} : { fromMs: outlook.fromMs }) };
  output.document({ ...event, gate: parkedKey, outlook: told, history, ...(withData ? { row: item } : {}) });
  output.line(`${output.paint.bold(nameOf(event))} is not delivered yet`);
  output.facts([
    ...addressFacts(event, history, nowMs),
    ...parkedKeyFacts(parkedKey, nowMs),
    ["goes to", plain(goesTo(item, deployment))],
    ["next", outlook.fromMs === undefined ? told.what : `${told.what}, from ${moment(outlook.fromMs, nowMs)}`],
  ]);
  showRow(session, item, withData);
  showHistory(session, history);
  return EXIT.ok;
}

/** A row may name a destination with credentials in it; `--data` alone shows those. */
function goesTo(item: Item | undefined, deployment: Session["deployment"]): string {
  const named = item?.["destination"]?.S;
  if (named === undefined) return shownDestination(deployment.targetName, true);
  return shownDestination(named, isDeployedName(deployment, named));
}

function addressFacts(
  event: WaitingEvent,
  history: readonly LogLine[],
  nowMs: number,
): readonly (readonly [string, string])[] {
  const { key, type, state, sinceMs, attempts, failure, ordered } = event;
  return [
    ["type", type === undefined ? "(malformed)" : plain(type)],
    [ordered ? "key, sequence" : "row", `${plain(key.pk)}, ${key.sk}`],
    ["state", state],
    ["waits since", sinceMs === undefined ? "nobody knows yet" : moment(sinceMs, nowMs)],
    ["failed rounds", String(attempts)],
    ["why", failure === undefined ? targetText(history, nowMs) : `${failureText(failure)} (${failure.scope})`],
  ];
}

/** An event that is not at fault may have met a target that failed. Only the functions' logs tell, and not the row. */
function targetText(history: readonly LogLine[], nowMs: number): string {
  const met = history.findLast(({ fields }) => fields["scope"] === "target");
  return met === undefined
    ? "nothing has failed that anybody knows of; outbox-relay status tells whether the relay works"
    : `the target failed ${moment(met.atMs, nowMs)}: ${failedWith(met).join(": ")}`;
}

const failedWith = ({ fields }: LogLine): readonly string[] =>
  ["class", "code", "error", "reason"].flatMap((name) =>
    fields[name] === undefined ? [] : [plain(shownField(fields[name]))],
  );

function parkedKeyFacts(
  parkedKey: AnnotatedParkedKey | undefined,
  nowMs: number,
): readonly (readonly [string, string])[] {
  if (parkedKey === undefined) return [];
  const since = parkedKey.deadLetterAtMs === undefined ? "" : `, parked ${moment(parkedKey.deadLetterAtMs, nowMs)}`;
  return [["its key", `parked after ${parkedKey.attempts} failed rounds${since}: ${plain(parkedKey.reason ?? "")}`]];
}

function showRow({ output }: Session, item: Item | undefined, withData: boolean): void {
  if (item === undefined) return;
  output.line();
  if (withData) {
    output.line(plain(itemJson(item)));
    return;
  }
  const size = dataSize(item);
  output.line(size === undefined ? "It has no data." : `Its data is hidden (${size}); --data shows the row.`);
}

function dataSize(item: Item): string | undefined {
  const { data } = item;
  if (data === undefined) return undefined;
  return `${Buffer.byteLength(itemJson({ data }))} bytes as DynamoDB JSON`;
}

/** What the functions' logs say of it, oldest first. Logs hold no payloads. */
async function historyOf(session: Session, id: string | undefined): Promise<readonly LogLine[]> {
  if (id === undefined) return [];
  const { clients, deployment, clock } = session;
  const sinceMs = clock.now() - HISTORY_MS;
  const lines = await Promise.all(
    logsOf(deployment).map((log) => logLines(clients, log, [id], sinceMs, SEARCHED_LINES)),
  );
  return (
    lines
      .flat()
      // A short id may be part of another.
      .filter(({ fields }) => Object.values(fields).includes(id))
      .sort((one, other) => one.atMs - other.atMs)
      .slice(-HISTORY_LINES)
  );
}

function showHistory({ output, clock }: Session, history: readonly LogLine[]): void {
  output.line();
  if (history.length === 0) {
    output.line("The functions' logs of the last 24 hours do not name it.");
    return;
  }
  output.table(
    ["when", "who", "what"],
    history.map((line) => [
      moment(line.atMs, clock.now()),
      line.by,
      [plain(line.message), ...failedWith(line)].join(": "),
    ]),
  );
}

async function showAside(
  session: Session,
  filter: EventFilter,
  history: readonly LogLine[],
  withData: boolean,
): Promise<number> {
  const { output, clock } = session;
  for (const place of ["quarantined", "discarded"] as const) {
    const aside = (await findAside(session, place, filter)).at(-1);
    if (aside === undefined) continue;
    const { item, ...facts } = aside;
    output.document({ ...facts, history, ...(withData ? { row: item } : {}) });
    output.line(`${output.paint.bold(nameOf(aside))} was ${place} ${moment(aside.atMs, clock.now())}`);
    output.facts(asideFacts(aside));
    showRow(session, item, withData);
    showHistory(session, history);
    return EXIT.ok;
  }
  throw new OperatorError(
    "not-found",
    (await reservedText(session.table, filter)) ?? (await absenceText(session, filter, history)),
  );
}

/** Why there is no such event, as far as that can be told. */
async function absenceText(
  { table, deployment, clock }: Session,
  { ids: [id] = [] }: EventFilter,
  history: readonly LogLine[],
): Promise<string> {
  const { eventTypes } = deployment.settings;
  const item =
    id === undefined || eventTypes === undefined ? undefined : await table.readItem({ pk: id, sk: UNORDERED_SORT_KEY });
  if (item !== undefined && eventTypes !== undefined) {
    const type = item["type"]?.S;
    return `${JSON.stringify(id)} waits in the table, but it is another relay's: its type is ${plain(type ?? "not readable")}, and this relay delivers ${typesText(eventTypes)}.`;
  }
  const others = eventTypes === undefined ? "" : ` This relay delivers ${typesText(eventTypes)}.`;
  const named = `No undelivered event ${id === undefined ? "matches" : `has the id ${JSON.stringify(id)}`}, and none is set aside: `;
  const last = history.at(-1);
  if (last === undefined) return `${named}it was delivered, or deleted by somebody, or never written.${others}`;
  // A function logs an event's id only when something happened to the event, so the row was there.
  return `${named}it was delivered since, or somebody deleted its row. The functions' logs name it last ${moment(last.atMs, clock.now())}: ${last.by}: ${plain(last.message)}.`;
}

const asideFacts = ({
  type,
  key,
  who,
  why,
  actId,
  reason,
  place,
}: AsideEvent): readonly (readonly [string, string])[] => [
  ["type", plain(type ?? "(malformed)")],
  ["row", `${plain(key.pk)}, ${key.sk}`],
  ["by", plain(who)],
  ["why", plain(why)],
  ["command", actId],
  ["failed with", plain(reason ?? "no failure of its own")],
  [
    "next",
    place === "quarantined" ? "outbox-relay release, or outbox-relay discard" : "nothing: it is kept here for good",
  ],
];
