import { hourOf } from "../../../contract/archive/archive-gap.ts";
import { forEachWaiting } from "../events/list-events.ts";
import { readAside } from "../events/set-aside.ts";
import type { WaitingEvent } from "../events/waiting-event.ts";
import type { AsideEvent } from "../journal.ts";
import type { ArchiveVisitor, AuditPorts } from "./audit-ports.ts";
import { type AuditWindow, CLOCK_MARGIN_MS, isWithin, STREAM_KEEPS_MS } from "./audit-window.ts";
import { type AsideFact, type Fact, factText, lineFact } from "./facts.ts";
import { partitionOfKey, sequenceText } from "./never-met.ts";
import { partitionOfRow } from "./spill.ts";
import { type UnreadableTally, unreadableTally } from "./unreadable-tally.ts";
import { writtenFrom } from "./verdict.ts";

/**
 * Reads everything that tells of the window's events, and spills it. Relay, requeuer and operators go on meanwhile, so the
 * order of the reads decides what may be concluded. An event that was met is at every instant in one of these places:
 *
 *   the table -- its receipt is kept, or its hour is noted --> gone from the table
 *   the table <--------- in one transaction ---------> the journal
 *
 * The table is read first, consistently. An event whose row is not there was delivered before, or stood in the journal.
 * Its receipt, or the note of its hour, was kept before its row went: so notes and archive, which are read afterwards,
 * have it. The journal is read before the table and after it. An event that was there when the table was read, and in
 * neither of the two reads, was both set aside and released meanwhile. The command that released it found it in the
 * journal first, so that command is on record with a time after the reading began: then no event counts as removed.
 *
 * An event that was written after the reading began may have come too late for the read of the table: its absence says
 * nothing.
 */
export interface Reading extends UnreadableTally {
  /** Epoch milliseconds. */
  readonly beganMs: number;
  readonly released: boolean;
  readonly objects: number;
  readonly lines: number;
  /** Epoch milliseconds: the beginning of the first hour of the archive that was read. */
  readonly firstHourMs: number;
  /** Epoch milliseconds, ascending: the beginnings of hours whose lines may be missing, from the first one read on. */
  readonly missingHours: readonly number[];
}

export type AuditStep =
  | { readonly kind: "journal" }
  | { readonly kind: "table"; readonly rows: number }
  | { readonly kind: "archive"; readonly objects: number; readonly lines: number }
  | { readonly kind: "judging"; readonly partition: number };

export interface ReadingOptions {
  readonly window: AuditWindow;
  readonly keepsOrder: boolean;
  readonly gapless: boolean;
  readonly onProgress: (step: AuditStep) => void;
}

/** The operator wants it to end. What was read so far proves nothing. */
export class AuditStopped extends Error {
  override readonly name = "AuditStopped";
}

export async function readEverything(ports: AuditPorts, options: ReadingOptions): Promise<Reading> {
  const { clock, gaps, spill } = ports;
  const { window, gapless } = options;
  const keep = (fact: Fact, isInWindow = false) => {
    spill.add(partitionOfRow(fact.key), factText(fact));
    const text = gapless ? sequenceText({ ...fact.key, id: fact.id }, isInWindow) : undefined;
    if (text !== undefined) spill.add(partitionOfKey(fact.key.pk), text);
  };
  const beganMs = clock.now();
  await keepAside(ports, "before", keep, options);
  await readTable(ports, keep, options);
  await keepAside(ports, "after", keep, options);
  const released = await releasedSince(ports, beganMs);
  const hours = await gaps.hours(window.fromMs - STREAM_KEEPS_MS - 2 * CLOCK_MARGIN_MS);
  const ofArchive = await readArchive(ports, keep, options);
  const missingHours = hours.filter((hour) => hour >= ofArchive.firstHourMs).toSorted((one, other) => one - other);
  return { beganMs, released, missingHours, ...ofArchive };
}

type Keep = (fact: Fact, isInWindow?: boolean) => void;

function refuseStopped({ stopped }: Pick<AuditPorts, "stopped">): void {
  if (stopped()) throw new AuditStopped("stopped");
}

async function keepAside(
  ports: AuditPorts,
  read: AsideFact["read"],
  keep: Keep,
  { onProgress }: ReadingOptions,
): Promise<void> {
  onProgress({ kind: "journal" });
  const see = ({ item: _item, ...aside }: AsideEvent) =>
    keep({ kind: "aside", key: aside.key, id: aside.id, aside, read });
  await readAside(ports.journal, see, () => refuseStopped(ports));
}

async function readTable(ports: AuditPorts, keep: Keep, { keepsOrder, onProgress }: ReadingOptions): Promise<void> {
  let rows = 0;
  onProgress({ kind: "table", rows });
  const see = (event: WaitingEvent) => {
    keep({ kind: "row", key: event.key, id: event.id, event });
    rows += 1;
    if (rows % ROWS_TOLD === 0) onProgress({ kind: "table", rows });
  };
  // A row of another type may have been this relay's when it was met.
  await forEachWaiting({ ...ports, keepsOrder, consistent: true }, {}, see, see);
  refuseStopped(ports);
}

const ROWS_TOLD = 1_000;
const ACTS = 100;

/** Whether a command that puts events back into the table began since then, or so many others that nobody knows. */
async function releasedSince({ journal }: AuditPorts, beganMs: number): Promise<boolean> {
  const acts = await journal.acts(ACTS);
  const since = acts.filter(({ atMs }) => atMs >= beganMs - CLOCK_MARGIN_MS);
  return since.length === ACTS || since.some(({ name }) => name === "release");
}

type ArchiveReading = Omit<Reading, "beganMs" | "released" | "missingHours">;

/**
 * Reads from the hour before the window up to now, for an event that was met in the window may be acknowledged at any time
 * since. Where the stream brought events late, the requeuer may have delivered them long before: then the hours since
 * they were written are read too.
 */
async function readArchive(
  ports: AuditPorts,
  keep: Keep,
  { window, onProgress }: ReadingOptions,
): Promise<ArchiveReading> {
  let objects = 0;
  let lines = 0;
  let oldestWrittenMs = Number.POSITIVE_INFINITY;
  const unreadable = unreadableTally();
  const visit: ArchiveVisitor = {
    object(noted) {
      objects += 1;
      lines += noted.length;
      for (const each of noted) {
        const fact = lineFact(each);
        const isInWindow = isWithin(window, fact.atMs);
        keep(fact, isInWindow);
        if (fact.kind === "met" && isInWindow) {
          oldestWrittenMs = Math.min(oldestWrittenMs, writtenFrom({ ...fact, metAtMs: fact.atMs }));
        }
      }
      if (objects % OBJECTS_TOLD === 0) onProgress({ kind: "archive", objects, lines });
    },
    unreadable: unreadable.add,
  };
  onProgress({ kind: "archive", objects, lines });
  const windowHourMs = hourOf(window.fromMs - CLOCK_MARGIN_MS);
  await ports.archive.read({ fromMs: windowHourMs }, visit);
  refuseStopped(ports);
  const firstHourMs = Math.min(windowHourMs, hourOf(oldestWrittenMs - CLOCK_MARGIN_MS));
  if (firstHourMs < windowHourMs) {
    await ports.archive.read({ fromMs: firstHourMs, untilMs: windowHourMs }, visit);
    refuseStopped(ports);
  }
  return { objects, lines, firstHourMs, ...unreadable.tally() };
}

const OBJECTS_TOLD = 50;
