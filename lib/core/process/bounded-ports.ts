import type { CallDeadlines } from "../call-deadlines.ts";
import { aroundCalls } from "../delivery/call/around-calls.ts";
import type { Archive, Clock, DeadLetterQueue, KeyTable, OutboxTable, Publisher, PublishResult } from "../ports.ts";

/**
 * The ports with a deadline on every call, whatever the port does: a publish has the deadline it is given, a call to
 * table or queue that of its invocation. An abandoned call counts as failed, with everything that follows from it: its
 * places are given back, and its late answer is ignored. Its write may land late. Checks of existence have a deadline
 * of their own, and a late answer still says something: see `existence-check.ts`.
 */
export const boundedPublisher = (publisher: Publisher, deadlines: CallDeadlines): Publisher =>
  aroundCalls(publisher, async (destination, events, untilMs) => {
    try {
      const call = () => publisher.publish(destination, events, untilMs);
      return await deadlines.race("The call to the target", call, untilMs + GRACE_MS);
    } catch (error) {
      const result = abandoned(error);
      return events.map(() => result);
    }
  });

/** A target that keeps its deadline gives a better reason than lateness, so its own answer comes first. */
const GRACE_MS = 250;

const abandoned = (error: unknown): PublishResult => ({
  kind: "failed",
  failure: {
    class: "ambiguous",
    scope: "target",
    code: error instanceof Error ? error.name : "Unknown",
    message: error instanceof Error ? error.message : String(error),
  },
});

export function boundedTable(table: OutboxTable, deadlines: CallDeadlines): OutboxTable {
  const inTime = racing("the outbox table", deadlines);
  return {
    deleteRows: (rows) => inTime("deleteRows", () => table.deleteRows(rows)),
    readRows: (keys) => inTime("readRows", () => table.readRows(keys)),
    mark: (row, mark) => inTime("mark", () => table.mark(row, mark)),
    markSeen: (key, seenAtMs) => inTime("markSeen", () => table.markSeen(key, seenAtMs)),
    scan: (from) => inTime("scan", () => table.scan(from)),
    count: (after) => inTime("count", () => table.count(after)),
    acquireLease: (owner, nowMs, untilMs) => inTime("acquireLease", () => table.acquireLease(owner, nowMs, untilMs)),
    releaseLease: (owner) => inTime("releaseLease", () => table.releaseLease(owner), deadlines.lastMs),
  };
}

export function boundedKeys(keys: KeyTable, deadlines: CallDeadlines): KeyTable {
  const inTime = racing("the outbox table", deadlines);
  return {
    read: (pk, range) => inTime("read", () => keys.read(pk, range)),
    highest: (pk) => inTime("highest", () => keys.highest(pk)),
    readParkedKey: (pk) => inTime("readParkedKey", () => keys.readParkedKey(pk)),
    touch: (pk) => inTime("touch", () => keys.touch(pk)),
    park: (row, parkedKey) => inTime("park", () => keys.park(row, parkedKey)),
    acquire: (pk, owner, nowMs, leaseUntilMs) => inTime("acquire", () => keys.acquire(pk, owner, nowMs, leaseUntilMs)),
    release: (pk, owner, rest) => inTime("release", () => keys.release(pk, owner, rest)),
    close: (pk, owner, version) => inTime("close", () => keys.close(pk, owner, version)),
    presence: (row) => inTime("presence", () => keys.presence(row)),
  };
}

export function boundedQueue(queue: DeadLetterQueue, deadlines: CallDeadlines): DeadLetterQueue {
  const inTime = racing("the dead-letter queue", deadlines);
  return {
    async send(deadLetters) {
      try {
        return await inTime("send", () => queue.send(deadLetters));
      } catch {
        // Never rejects: a dead letter that the queue did not confirm is not taken, and the sweep delivers its row.
        return deadLetters.map(() => false);
      }
    },
    receive: (hiddenForSeconds, poll) => inTime("receive", () => queue.receive(hiddenForSeconds, poll)),
    delete: (receipts) => inTime("delete", () => queue.delete(receipts)),
    hide: (deadLetters) => inTime("hide", () => queue.hide(deadLetters)),
    depth: () => inTime("depth", () => queue.depth()),
  };
}

/** An object may take longer than a row waits for its receipt: it is kept all the same, and not written again. */
const ARCHIVE_WRITE_MS = 5_000;
/** A note is tried again, so one that hangs must not take all the time there is. */
const NOTE_MS = 3_000;

export function boundedArchive(archive: Archive, deadlines: CallDeadlines, clock: Clock): Archive {
  const inTime = racing("the archive", deadlines);
  return {
    write: (lines) => inTime("write", () => archive.write(lines), clock.now() + ARCHIVE_WRITE_MS),
    noteMissing: (fromMs) =>
      inTime("noteMissing", () => archive.noteMissing(fromMs), Math.min(deadlines.endMs, clock.now() + NOTE_MS)),
  };
}

const racing =
  (port: string, deadlines: CallDeadlines) =>
  <Answer>(call: string, work: () => Promise<Answer>, untilMs = deadlines.endMs): Promise<Answer> =>
    deadlines.race(`The call ${call} of ${port}`, work, untilMs);
