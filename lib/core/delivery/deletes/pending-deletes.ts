import { keyText, type RowKey, type RowRef } from "../../../contract/event.ts";
import { errorName } from "../../../contract/telemetry/error-name.ts";
import { inTime } from "../../in-time.ts";
import type { Clock, OutboxTable, Telemetry } from "../../ports.ts";
import { placesOf } from "./places.ts";

/**
 * The pending deletes of a process: rows whose events are acknowledged, but which are not deleted yet. They live as
 * long as the process, so that a row whose delete failed in one invocation is neither published again by the next one
 * nor forgotten.
 */
export interface PendingDeletes {
  /** Makes a destination known to which events will be published: several destinations share the places. */
  expect(destination: string): void;
  /**
   * Waits until `count` more events may be published to a destination: few enough deletes are pending, and deletes
   * work. Every place taken is given back by `startDelete` or `release`. False, with nothing taken, when time ran out
   * first.
   */
  reserve(destination: string, count: number, untilMs: number): Promise<boolean>;
  /** Gives back places whose events were not acknowledged. */
  release(destination: string, count: number): void;
  /**
   * How many acknowledged events of a destination hold half of its places: this many need not wait for others before
   * they are confirmed.
   */
  enough(destination: string): number;
  /**
   * Deletes an acknowledged row soon, in a batch with others. The row takes the place that was reserved for it.
   *
   * @param after the row stays until this resolves, and is pending meanwhile. @default it may go at once
   */
  startDelete(destination: string, row: RowRef, after?: Promise<void>): void;
  /**
   * Whether this event is acknowledged and its row not deleted yet. Another event may have taken the key since, for a
   * delete can land long before its answer. Without an id: whether any event of the row is pending.
   */
  has(row: RowKey & { readonly id?: string | undefined }): boolean;
  /**
   * Waits until no row of this partition key is pending: a read that begins later finds no row delivered here. False
   * when time ran out first.
   */
  untilDeleted(pk: string, untilMs: number): Promise<boolean>;
  /** Deletes everything pending now. Resolves with how much is still pending at the end, or when time runs out. */
  flush(untilMs: number): Promise<number>;
}

/** Rows that one request deletes: the most that BatchWriteItem and BatchExecuteStatement take. */
export const DELETE_BATCH = 25;
const PARALLEL_DELETES = 8;
/** Waits between tries while the table refuses. They double, without jitter: one process asks for one batch. */
const RETRY_BASE_MS = 50;
const RETRY_CAP_MS = 2_000;
/**
 * A row whose delete was tried for the last time before this is forgotten. The process has slept since; somebody else has
 * delivered and deleted the row, or will. Should the event be put into the table again under its id, a delete of today must
 * not take that row.
 */
export const FORGOTTEN_AFTER_MS = 600_000;

interface Pending extends RowRef {
  /** Epoch milliseconds: when its delete was tried last, or else when it might go. Infinite before. */
  triedMs: number;
}

export function trackPendingDeletes(table: OutboxTable, clock: Clock, telemetry: Telemetry): PendingDeletes {
  /** Everything pending, by key and id. */
  const pending = new Map<string, Pending>();
  /** Pending, and in no request now: in the order of their times, for each is added when its time is now. */
  let idle: Pending[] = [];
  /** Pending rows that may not go yet. */
  let held = 0;
  const places = placesOf();
  let requests = 0;
  let failures = 0;
  let retryAtMs = 0;
  let waiters: (() => void)[] = [];

  const wakeWaiters = () => {
    const woken = waiters;
    waiters = [];
    for (const wake of woken) wake();
  };

  const isForgotten = ({ triedMs }: Pending): boolean => clock.now() - triedMs > FORGOTTEN_AFTER_MS;

  /** Empty where all that was left is forgotten. */
  const nextBatch = (): readonly Pending[] => {
    const firstKept = idle.findIndex((row) => !isForgotten(row));
    const begin = firstKept === -1 ? idle.length : firstKept;
    for (const row of idle.slice(0, begin)) pending.delete(refText(row));
    const batch = idle.slice(begin, begin + DELETE_BATCH);
    idle = idle.slice(begin + batch.length);
    if (batch.length === 0) failures = 0;
    return batch;
  };

  async function deleteBatch(batch: readonly Pending[]): Promise<void> {
    if (batch.length === 0) return;
    requests += 1;
    const left = await attempt(batch);
    const stillPending = new Set(left.map(refText));
    for (const row of batch) {
      const text = refText(row);
      if (stillPending.has(text)) {
        row.triedMs = clock.now();
        idle.push(row);
      } else pending.delete(text);
    }
    failures = left.length === 0 ? 0 : failures + 1;
    if (left.length > 0) {
      telemetry.count("DeleteFailures", left.length);
      retryAtMs = clock.now() + Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** (failures - 1));
    }
    requests -= 1;
    if (failures === 0) pump();
    wakeWaiters();
  }

  async function attempt(batch: readonly RowRef[]): Promise<readonly RowRef[]> {
    try {
      return await table.deleteRows(batch);
    } catch (error) {
      telemetry.log("warn", "The outbox table did not delete acknowledged rows; they are tried again", {
        rows: batch.length,
        error: errorName(error),
      });
      return batch;
    }
  }

  /** Sends what is worth a request: only full batches while others are out, any batch when none is. */
  function pump(): void {
    while (requests < PARALLEL_DELETES && idle.length > 0 && (requests === 0 || idle.length >= DELETE_BATCH)) {
      void deleteBatch(nextBatch());
    }
  }

  function mayGo(row: Pending): void {
    row.triedMs = clock.now();
    idle.push(row);
    if (failures === 0) pump();
  }

  /** Waits for the next change of the pending deletes. */
  async function step(untilMs: number): Promise<void> {
    if (requests > 0 || idle.length === 0) {
      const change = new Promise<void>((resolve) => waiters.push(resolve));
      // Requests have their deadline; what rows are held for may take longer.
      await (held === 0 ? change : inTime(change, Math.max(0, untilMs - clock.now()), undefined, clock));
      return;
    }
    // What is idle while no request is out failed when it was tried last.
    await clock.sleep(Math.max(0, Math.min(retryAtMs, untilMs) - clock.now()));
    if (requests === 0 && clock.now() < untilMs) {
      await deleteBatch(nextBatch());
    }
  }

  return {
    expect: places.expect,
    async reserve(destination, count, untilMs) {
      while (failures > 0 || !places.fits(destination, count, pending.size)) {
        if (clock.now() >= untilMs) return false;
        await step(untilMs);
      }
      if (clock.now() >= untilMs) return false;
      places.take(destination, count);
      return true;
    },
    release(destination, count) {
      places.giveBack(destination, count);
      wakeWaiters();
    },
    enough: (destination) => places.enough(destination, pending.size),
    startDelete(destination, row, after) {
      places.giveBack(destination, 1);
      const text = refText(row);
      if (pending.has(text)) return;
      const made: Pending = { ...refOf(row), triedMs: Number.POSITIVE_INFINITY };
      pending.set(text, made);
      if (after === undefined) mayGo(made);
      else {
        held += 1;
        // Whoever waits for a request, or for a place, has set no timer.
        if (held === 1) wakeWaiters();
        void after.then(() => {
          held -= 1;
          mayGo(made);
        });
      }
    },
    has({ pk, sk, id }) {
      const isOne = (row: Pending | undefined) => row !== undefined && !isForgotten(row);
      if (id !== undefined) return isOne(pending.get(refText({ pk, sk, id })));
      return [...pending.values()].some((row) => row.pk === pk && row.sk === sk && isOne(row));
    },
    async untilDeleted(pk, untilMs) {
      const isPending = () => [...pending.values()].some((row) => row.pk === pk);
      while (isPending() && clock.now() < untilMs) {
        await step(untilMs);
      }
      return !isPending();
    },
    async flush(untilMs) {
      // Not what others add meanwhile, or a busy process would never be done.
      const now = [...pending.keys()];
      for (const text of now) {
        while (pending.has(text) && clock.now() < untilMs) await step(untilMs);
      }
      return pending.size;
    },
  };
}

const refOf = ({ pk, sk, id }: RowRef): RowRef => ({ pk, sk, id });

const refText = (row: RowRef): string => `${keyText(row)}/${row.id}`;
