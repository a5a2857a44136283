import { tooLargeFailure } from "../../contract/dead-letter.ts";
import type { OutboxEvent } from "../../contract/event.ts";
import type { Failure } from "../../contract/failure.ts";
import { entryBytes } from "../delivery/call/packing.ts";
import type { Publisher } from "../ports.ts";

/** Neighbours of one key that may be in one call, or a single event that fits none. */
export interface AtomicBatch {
  readonly events: readonly [OutboxEvent, ...OutboxEvent[]];
  readonly tooLarge?: Failure;
}

/**
 * Cuts the events of one key into atomic batches: one event each, or, where the target takes a call whole and in order or not at
 * all, as many of one destination as a call holds.
 */
export function batchesOf(events: readonly OutboxEvent[], publisher: Publisher): readonly AtomicBatch[] {
  const { limits, atomicBatches } = publisher;
  const batches: AtomicBatch[] = [];
  let open: { readonly events: [OutboxEvent, ...OutboxEvent[]]; bytes: number } | undefined;
  for (const event of events) {
    const bytes = publisher.bytesOf(event);
    if (bytes > entryBytes(limits)) {
      batches.push({ events: [event], tooLarge: tooLargeFailure(bytes, entryBytes(limits)) });
      open = undefined;
      continue;
    }
    if (
      open !== undefined &&
      atomicBatches === true &&
      open.events.length < limits.maxEntries &&
      open.bytes + bytes <= limits.maxBytes &&
      publisher.destinationOf(open.events[0]) === publisher.destinationOf(event)
    ) {
      open.events.push(event);
      open.bytes += bytes;
    } else {
      open = { events: [event], bytes };
      batches.push(open);
    }
  }
  return batches;
}
