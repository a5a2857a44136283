import { HOUR_MS, hourOf } from "../../../contract/archive/archive-gap.ts";
import type { NotedLine, ReceiptLine } from "../../../contract/archive/archive-line.ts";
import type { RowKey } from "../../../contract/event.ts";
import { boundedMap } from "../../../core/parallel.ts";
import type { ArchiveVisitor } from "../audit/audit-ports.ts";
import type { KeptFor } from "../audit/audit-report.ts";
import { type AuditWindow, CLOCK_MARGIN_MS } from "../audit/audit-window.ts";
import { expiredUntil } from "../audit/expiry.ts";
import { partitionOf } from "../audit/spill.ts";
import { type UnreadableTally, unreadableTally } from "../audit/unreadable-tally.ts";
import { readAside } from "../events/set-aside.ts";
import type { AsideEvent } from "../journal.ts";
import { pkOf, type ReplayFact, replayFactText } from "./replay-facts.ts";
import type { ReplayPorts } from "./replay-ports.ts";
import { isWanted, type ReplayRequest } from "./replay-request.ts";
import { DATAREF } from "./replayed-row.ts";

/**
 * Reads what a replay is about, and spills it by key: the wanted receipts with their events, what operators have set aside, and
 * what waits in the table. Only receipts decide what is put. The others are for those who look before they say yes: what
 * comes to the table afterwards is met when it is there.
 */
export interface Gathered extends UnreadableTally {
  readonly objects: number;
  readonly lines: number;
  /** Epoch milliseconds: the beginnings of the window's hours whose lines may be missing. */
  readonly missingHours: readonly number[];
  readonly kept: KeptFor;
  /** Epoch milliseconds: objects written before may have been deleted by age. Absent: none that the window needs. */
  readonly expiredUntilMs?: number;
}

export type GatherStep =
  | { readonly kind: "journal" }
  | { readonly kind: "table"; readonly rows: number }
  | { readonly kind: "archive"; readonly objects: number; readonly events: number };

/** The operator wants it to end before anything was put. */
export class ReplayStopped extends Error {
  override readonly name = "ReplayStopped";
}

export async function gather(
  ports: ReplayPorts,
  request: ReplayRequest,
  onProgress: (step: GatherStep) => void,
): Promise<Gathered> {
  const { archive, gaps, clock } = ports;
  const { window } = request;
  // Before anything else is read, for objects may be deleted by age meanwhile.
  const [oldestMs, kept] = await Promise.all([archive.oldestMs(), archive.kept()]);
  const beganMs = clock.now();
  await gatherAside(ports, onProgress);
  await gatherWaiting(ports, onProgress);
  const hours = await gaps.hours(window.fromMs);
  const missingHours = hours.filter((hour) => hour < window.toMs).toSorted((one, other) => one - other);
  const ofArchive = await gatherReceipts(ports, request, missingHours.length > 0, onProgress);
  const expiredMs = expiredUntil(kept, oldestMs, beganMs, window.toMs);
  const isExpired = expiredMs !== undefined && expiredMs > window.fromMs;
  return { ...ofArchive, missingHours, kept, ...(isExpired && { expiredUntilMs: expiredMs }) };
}

function refuseStopped({ stopped }: Pick<ReplayPorts, "stopped">): void {
  if (stopped()) throw new ReplayStopped("stopped");
}

const keep = ({ spill }: Pick<ReplayPorts, "spill">, fact: ReplayFact): void =>
  spill.add(partitionOf(pkOf(fact)), replayFactText(fact));

async function gatherAside(ports: ReplayPorts, onProgress: (step: GatherStep) => void): Promise<void> {
  onProgress({ kind: "journal" });
  const see = ({ key, id }: AsideEvent) => keep(ports, { kind: "aside", key, id });
  await readAside(ports.journal, see, () => refuseStopped(ports));
}

const SEGMENTS = 4;
const PAGE_ROWS = 1_000;

/** The places of all rows, whoever's they are, and the keys that are parked. */
async function gatherWaiting(ports: ReplayPorts, onProgress: (step: GatherStep) => void): Promise<void> {
  const segments = Array.from({ length: SEGMENTS }, (_unused, index) => ({ index, of: SEGMENTS }));
  let rows = 0;
  await boundedMap(segments, SEGMENTS, async (segment) => {
    let after: RowKey | undefined;
    do {
      onProgress({ kind: "table", rows });
      const page = await ports.table.scan({ ...(after && { after }), segment, limit: PAGE_ROWS });
      for (const { key } of [...page.rows, ...(page.foreign ?? [])]) keep(ports, { kind: "row", key });
      for (const { pk } of page.parkedKeys) keep(ports, { kind: "parked-key", pk });
      rows += page.rows.length;
      after = page.next;
      refuseStopped(ports);
    } while (after !== undefined);
  });
}

/** Lambda lets no invocation last longer: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LONGEST_INVOCATION_MS = 900_000;
const OBJECTS_TOLD = 50;

/**
 * A receipt is written in the invocation in which the event was acknowledged, or its hour is noted. So the archive is read to
 * soon after the window's end; where an hour is noted, up to now, for its lines may have come late. One that neither S3 nor the
 * journal took in its invocation may be written when its process wakes. Its row has stayed until then, so the event was mostly
 * acknowledged again, with a receipt of that time.
 */
function hoursOf({ fromMs, toMs }: AuditWindow, mayBeLate: boolean) {
  const untilMs = hourOf(toMs + LONGEST_INVOCATION_MS + CLOCK_MARGIN_MS) + HOUR_MS;
  return { fromMs: hourOf(fromMs - CLOCK_MARGIN_MS), ...(mayBeLate ? {} : { untilMs }) };
}

async function gatherReceipts(
  ports: ReplayPorts,
  request: ReplayRequest,
  mayBeLate: boolean,
  onProgress: (step: GatherStep) => void,
): Promise<UnreadableTally & Pick<Gathered, "objects" | "lines">> {
  let objects = 0;
  let lines = 0;
  let events = 0;
  const unreadable = unreadableTally();
  const isReceipt = ({ line }: NotedLine): boolean => line.line === "receipt" && isWanted(request, line);
  const visit: ArchiveVisitor = {
    wantsEvent: isReceipt,
    object(noted) {
      objects += 1;
      lines += noted.length;
      for (const { line } of noted.filter(isReceipt)) {
        events += 1;
        keep(ports, receiptFact(ports, line as ReceiptLine));
      }
      if (objects % OBJECTS_TOLD === 0) onProgress({ kind: "archive", objects, events });
    },
    unreadable: unreadable.add,
  };
  onProgress({ kind: "archive", objects, events });
  await ports.archive.read(hoursOf(request.window, mayBeLate), visit);
  refuseStopped(ports);
  return { objects, lines, ...unreadable.tally() };
}

/** As the relay writes the names of attributes: within a string the quotation marks are escaped. */
const REFERENCE = `,"${DATAREF}":`;

/**
 * Takes the place of a text with half of a surrogate pair, which UTF-8 does not have: out of the spill another character would
 * come. The relay reads no such text from a row, and nobody can read this one.
 */
const NO_EVENT = "";

function receiptFact({ spill }: Pick<ReplayPorts, "spill">, line: ReceiptLine): ReplayFact {
  const { pk, sk, id, type, atMs, destination, destinationHash, event } = line;
  return {
    ...{ kind: "receipt", key: { pk, sk }, id, type, atMs, destination, destinationHash },
    text: event === undefined ? undefined : spill.keep(event.isWellFormed() ? event : NO_EVENT),
    // Data has no place in such an event, so the name is not one of its data.
    hasReference: event?.includes(REFERENCE) === true && !event.includes(',"data":'),
  };
}
