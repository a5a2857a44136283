import type { ArchivedEvent, MetLine, ReceiptLine } from "../../contract/archive/archive-line.ts";
import { destinationHash } from "../../contract/archive/destination-hash.ts";
import type { FunctionRole } from "../../contract/deployment/function-role.ts";
import { idOf, type OutboxEvent } from "../../contract/event.ts";
import { shownDestination } from "../../contract/shown-destination.ts";
import type { PublishResult } from "../ports.ts";
import type { StreamRecord } from "../stream-record.ts";

/** An event that the target acknowledged. */
export interface Acknowledged {
  readonly event: OutboxEvent;
  /** Calls made for it in this round, the acknowledged one included. */
  readonly attempts: number;
  readonly answer: PublishResult | undefined;
}

export interface ReceiptOptions {
  readonly role: FunctionRole;
  readonly destination: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly withPayload: boolean;
}

/** The receipts of events that a call had acknowledged. */
export function receiptLines(events: readonly Acknowledged[], options: ReceiptOptions): readonly ReceiptLine[] {
  const { role, destination, atMs, withPayload } = options;
  const hash = destinationHash(destination);
  return events.map(({ event, attempts, answer }) => ({
    ...{ line: "receipt", atMs, role, attempts, id: event.id },
    // An event is acknowledged by a deployed destination alone.
    ...archivedEvent(event, shownDestination(destination, true)),
    destinationHash: hash,
    ...(answer?.kind === "acknowledged" && answer.receipt !== undefined && { target: answer.receipt }),
    ...(answer?.kind === "acknowledged" && answer.duplicate === true && { duplicate: true }),
    ...(withPayload && { event: event.json }),
  }));
}

/** That the stream brought a row. A malformed one goes nowhere, so its destination is not told. */
export function metLine({ row, writtenAtMs }: StreamRecord, atMs: number, destination: string): MetLine {
  const { key, content } = row;
  const id = idOf(content);
  if (content.kind === "event")
    return { line: "met", atMs, ...archivedEvent(content.event, shownDestination(destination), writtenAtMs) };
  return { line: "met", atMs, malformed: true, ...key, ...(id !== undefined && { id }), writtenAtMs };
}

function archivedEvent(
  { pk, sk, id, type, source, recordedAtMs }: OutboxEvent,
  destination: string,
  writtenAtMs = recordedAtMs,
): ArchivedEvent {
  return {
    ...{ id, pk, sk, type, source },
    destination,
    ...(writtenAtMs !== undefined && { writtenAtMs }),
  };
}
