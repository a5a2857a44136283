import { contentOf, malformedFailure, reasonOf } from "../../contract/dead-letter.ts";
import {
  idOf,
  keyText,
  type MalformedRow,
  type Marks,
  type OutboxRow,
  type RowContent,
  type RowKey,
} from "../../contract/event.ts";
import { type Failure, retryAfterOf } from "../../contract/failure.ts";
import type { RequeueBackoffSettings } from "../../contract/settings/settings.ts";
import { errorName } from "../../contract/telemetry/error-name.ts";
import { LOG_MESSAGES } from "../../contract/telemetry/log-messages.ts";
import { keepRecent } from "../keep-recent.ts";
import { boundedMap } from "../parallel.ts";
import type { Clock, DeadLetterQueue, LogFields, OutboxTable, Random, Telemetry } from "../ports.ts";
import { requeueDelayMs } from "../resilience/backoff.ts";
import type { FailedOutcome } from "./outcome.ts";

/** An event to be parked, and the facts known about its row. */
export interface Parked {
  readonly content: RowContent;
  readonly marks: Marks;
  readonly failure: Failure;
  readonly attempts: number;
  readonly firstFailureMs: number;
}

export interface Parking {
  /** Sends a dead letter for each event, and marks the rows of those that failed by their own fault. Never rejects. */
  park(events: readonly Parked[]): Promise<void>;
  /** Only sends a dead letter, for an event whose backoff is kept elsewhere. Resolves with whether it was taken. */
  leaveDeadLetter(event: Parked): Promise<boolean>;
  /** Only marks the row, for an event that already has its dead letter. Resolves with the backoff in milliseconds. */
  markAgain(event: Parked): Promise<number>;
  /** What this process knows of a row without room for a mark: rounds that failed, and until when it rests. */
  unmarked(key: RowKey): Unmarked | undefined;
}

export interface Unmarked {
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly notBeforeMs: number;
}

/** How many failing rows of DynamoDB's maximum size are remembered: more than anybody has. The oldest are forgotten. */
const MOST_UNMARKED = 1_000;

export interface ParkingPorts {
  readonly table: OutboxTable;
  readonly deadLetters: DeadLetterQueue;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly requeueBackoff: RequeueBackoffSettings;
}

/**
 * Past this many waiting dead letters no more are sent, and the sweep finds the row: SQS holds about 120,000 messages
 * in flight, and then answers every receive with nothing.
 */
const MAX_WAITING_DEAD_LETTERS = 100_000;
const DEPTH_LOOKUP_EVERY_MS = 30_000;
const PARALLEL_MARKS = 16;

export function parkingFor({ table, deadLetters, clock, random, telemetry, requeueBackoff }: ParkingPorts): Parking {
  let depth: { readonly deadLetters: number; readonly atMs: number } | undefined;

  /** Rows with no room for a mark, with their backoff: the sweep must not take them earlier than their dead letters come back. */
  const withoutMark = new Map<string, Unmarked>();

  function keepInMind(row: RowKey & { readonly id?: string }, known: Unmarked): void {
    telemetry.log(
      "warn",
      "A row has no room for a mark: it is as large as DynamoDB takes one, and rests by its dead letter alone",
      {
        eventId: row.id,
      },
    );
    keepRecent(withoutMark, keyText(row), known, MOST_UNMARKED);
  }

  async function queueIsFull(): Promise<boolean> {
    const now = clock.now();
    if (depth === undefined || now - depth.atMs >= DEPTH_LOOKUP_EVERY_MS) {
      try {
        const { visible, hidden } = await deadLetters.depth();
        depth = { deadLetters: visible + hidden, atMs: now };
      } catch (error) {
        telemetry.log("warn", "The depth of the dead-letter queue is unknown; dead letters are sent", {
          error: errorName(error),
        });
        depth = { deadLetters: 0, atMs: now };
      }
    }
    return depth.deadLetters >= MAX_WAITING_DEAD_LETTERS;
  }

  async function sendDeadLetters(events: readonly Parked[]): Promise<boolean> {
    const parkedMs = clock.now();
    const taken = await deadLetters.send(
      events.map(({ content, failure, attempts, firstFailureMs }) => ({
        key: content.kind === "event" ? content.event : content.row,
        id: idOf(content),
        content,
        failure,
        attempts,
        firstFailureMs,
        parkedMs,
      })),
    );
    for (const { content, failure, attempts } of events) {
      telemetry.log("warn", LOG_MESSAGES.parked, failureFields(content, failure, attempts));
    }
    const refused = events.filter((_event, index) => taken[index] !== true).length;
    telemetry.count("EventsParked", events.length - refused);
    if (refused > 0) telemetry.count("ParkFailures", refused);
    return refused === 0;
  }

  async function mark({ content, marks, failure }: Parked): Promise<number> {
    const row = content.kind === "event" ? content.event : content.row;
    const attempts = Math.max(marks.attempts, withoutMark.get(keyText(row))?.attempts ?? 0) + 1;
    const delayMs = Math.max(requeueDelayMs(requeueBackoff, attempts, random), retryAfterOf(failure));
    const notBeforeMs = clock.now() + delayMs;
    try {
      const end = await table.mark(row, { notBeforeMs, attempts, reason: reasonOf(failure) });
      withoutMark.delete(keyText(row));
      if (end === "no-room") keepInMind(row, { attempts, notBeforeMs });
    } catch (error) {
      telemetry.log("warn", "A parked row could not be marked; it is due earlier than its backoff says", {
        eventId: row.id,
        error: errorName(error),
      });
    }
    return delayMs;
  }

  return {
    async leaveDeadLetter(event) {
      if (event.content.kind === "malformed") reportMalformed(event.content.row, telemetry);
      return sendDeadLetters([event]);
    },
    async park(events) {
      for (const { content } of events) {
        if (content.kind === "malformed") reportMalformed(content.row, telemetry);
      }
      const ownFault = events.filter(({ failure }) => failure.scope === "event");
      const targetFault = events.filter(({ failure }) => failure.scope === "target");
      const skipDeadLetters = targetFault.length > 0 && (await queueIsFull());
      const told = skipDeadLetters ? ownFault : events;
      if (told.length > 0) await sendDeadLetters(told);
      await boundedMap(ownFault, PARALLEL_MARKS, mark);
    },
    unmarked: (key) => withoutMark.get(keyText(key)),
    async markAgain(event) {
      reportFailedAgain(event.content, event.failure, event.marks.attempts + 1, telemetry);
      return mark(event);
    },
  };
}

/** A malformed row as it is parked; empty for a well-formed row. Nothing was tried, so no attempt counts. */
export function malformedParked({ content, marks }: OutboxRow, firstFailureMs: number): readonly Parked[] {
  if (content.kind !== "malformed") return [];
  return [{ content, marks, failure: malformedFailure(content.row.reason), attempts: 0, firstFailureMs }];
}

/** An event that failed as it is parked, with the marks that its row had. */
export const failedParked = (
  { event, failure, attempts, firstFailureMs }: FailedOutcome,
  row: OutboxRow | undefined,
): Parked => ({ content: contentOf(event), marks: row?.marks ?? { attempts: 0 }, failure, attempts, firstFailureMs });

/** @param rounds that ended with a failure of the event's own. */
export function reportFailedAgain(content: RowContent, failure: Failure, rounds: number, telemetry: Telemetry): void {
  telemetry.log("warn", LOG_MESSAGES.failedAgain, failureFields(content, failure, rounds));
}

function failureFields(content: RowContent, failure: Failure, attempts: number): LogFields {
  return {
    eventId: idOf(content),
    eventType: content.kind === "event" ? content.event.type : undefined,
    key: content.kind === "event" ? content.event.pk : content.row.pk,
    attempts,
    class: failure.class,
    scope: failure.scope,
    code: failure.code,
    error: failure.message,
  };
}

export function reportMalformed({ pk, sk, id, reason }: MalformedRow, telemetry: Telemetry): void {
  telemetry.count("MalformedRecords");
  telemetry.log("error", "A row breaks the item contract; it is parked until it is repaired", {
    eventId: id,
    key: pk,
    sk,
    reason,
  });
}
