import type { Check, Delete, FailedDelete, Kill, Landing, Story } from "./journal.ts";

/** Why an event came once more. Each cause is read from what went over the wire, and not from what the relay says. */
export const CAUSES = [
  /** The bus took it, and its sender did not hear so. */
  "answer lost",
  /** Its sender died before the row was gone; or a relay died, and its records were brought again at once. */
  "process killed",
  /** Its sender was told, and its delete did not reach the table, or waited for another one that did not. */
  "delete failed",
  /** Its sender was told, but no later check told it in time that the bus exists. */
  "existence unproven",
  /** Relay and requeuer had the row in hand at one instant. */
  "two actors at once",
] as const;
export type Cause = (typeof CAUSES)[number];

/** What happened beside the event's own calls. */
export interface Circumstances {
  /** When the event was written. */
  readonly writtenMs: number;
  readonly kills: readonly Kill[];
  readonly checks: readonly Check[];
  readonly failedDeletes: readonly FailedDelete[];
}

/** How long a sender waits for a check at most, and then for its pause after a delete that failed. */
const LONGEST_WAIT_MS = 5_000 + 2_000;

/** The cause of each landing after the first; undefined where there is none. */
export function causesOf({ landings, deletes }: Story, circumstances: Circumstances): readonly (Cause | undefined)[] {
  const inOrder = [...landings].sort((one, other) => one.atMs - other.atMs);
  // A lost answer accounts for one further landing, not for all that follow.
  const untold = new Set(inOrder.filter(({ told }) => !told));
  return inOrder.slice(1).map((landing, index) => {
    const earlier = inOrder.slice(0, index + 1);
    const lost = earlier.find((each) => untold.has(each));
    if (lost !== undefined) {
      untold.delete(lost);
      return "answer lost";
    }
    return earlier.map((each) => causeOf(each, landing, deletes, circumstances)).find((cause) => cause !== undefined);
  });
}

function causeOf(
  earlier: Landing,
  landing: Landing,
  deletes: readonly Delete[],
  { writtenMs, kills, checks, failedDeletes }: Circumstances,
): Cause | undefined {
  const { begunMs: fromMs, atMs: landedMs } = earlier;
  const { atMs: toMs, sightMs } = landing;
  const own = deletes.filter(({ by }) => by === earlier.by);
  // Once its delete has reached the table, the death of a sender brings the row back to nobody who looks for it.
  const goneMs = Math.min(toMs, ...own.filter(({ atMs, taken }) => taken && atMs >= fromMs).map(({ atMs }) => atMs));
  if (wasKilled(earlier.by, fromMs, goneMs, kills)) return "process killed";
  if (own.some(({ atMs, taken }) => !taken && atMs >= fromMs && atMs <= toMs)) return "delete failed";
  // While a delete is out or has failed, what is acknowledged meanwhile waits, and the sender's time may end first.
  const isUnsent = !own.some(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const dueMs = Math.min(toMs, landedMs + LONGEST_WAIT_MS);
  const isHeldUp = failedDeletes.some(
    ({ by, begunMs, endedMs }) => by === earlier.by && meets(begunMs, endedMs, landedMs, dueMs),
  );
  if (isUnsent && isHeldUp) return "delete failed";
  if (isUnproven(earlier, toMs, checks)) return "existence unproven";
  if (sightMs === undefined) {
    // The sender did not read the row, so it is a relay with a fresh record. The record was brought again, for its process
    // died: after its own landing, if it made the earlier one.
    const sinceMs = landing.by === earlier.by ? fromMs : writtenMs;
    return wasKilled(landing.by, sinceMs, toMs, kills) ? "process killed" : undefined;
  }
  if (landing.by === earlier.by) return undefined;
  // This sender last saw the row before the other sender's event came, or at least before its delete did.
  const stillThere = !deletes.some(({ atMs, taken }) => taken && atMs < sightMs);
  const isInBoth = sightMs <= landedMs || own.some(({ atMs }) => atMs >= sightMs);
  return stillThere && isInBoth ? "two actors at once" : undefined;
}

const wasKilled = (by: Kill["of"], sinceMs: number, untilMs: number, kills: readonly Kill[]): boolean =>
  kills.some(({ of, fromMs, toMs }) => of === by && meets(fromMs, toMs, sinceMs, untilMs));

const meets = (oneFrom: number, oneTo: number, otherFrom: number, otherTo: number): boolean =>
  oneFrom <= otherTo && oneTo >= otherFrom;

/** A check failed between the landing and the first good check that began after it. */
function isUnproven({ by, atMs }: Landing, untilMs: number, checks: readonly Check[]): boolean {
  const own = checks.filter((check) => check.by === by);
  const proof = own.find(({ begunMs, exists }) => exists && begunMs >= atMs);
  const endMs = Math.min(untilMs, proof?.begunMs ?? untilMs);
  return own.some(({ begunMs, endedMs, exists }) => !exists && meets(begunMs, endedMs, atMs, endMs));
}
