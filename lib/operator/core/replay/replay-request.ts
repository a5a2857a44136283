import type { ReceiptLine } from "../../../contract/archive/archive-line.ts";
import { showsWholeDestination } from "../../../contract/shown-destination.ts";
import { type AuditWindow, isWithin } from "../audit/audit-window.ts";
import { isOfType } from "../events/event-filter.ts";

/** Which acknowledged events are put again. Every condition that is given must hold. */
export interface ReplayFilter {
  readonly ids?: readonly string[];
  /** The partition key. */
  readonly key?: string;
  /** The sort key, as DynamoDB writes it. */
  readonly sequence?: string;
  /** An event type, or its beginning with a `*` after it. */
  readonly type?: string;
  /** Where they went, as receipts show it. */
  readonly destination?: string;
  /** Of the whole address, of which receipts may not show all. */
  readonly destinationHash?: string;
}

/**
 * What a replay was asked for. The journal keeps it, so that a later run goes on with the very same events: nothing in it
 * depends on when it is read.
 */
export interface ReplayRequest {
  /** Events whose acknowledgement counted in it. */
  readonly window: AuditWindow;
  readonly filter: ReplayFilter;
  /** Another destination than the one that they went to. */
  readonly sendTo?: string;
  readonly ids: ReplayedIds;
  /** Leaves keys out that have events in the table when their first event would be put. */
  readonly skipBusyKeys: boolean;
}

/**
 * - `same`: whoever remembers the event takes it for the duplicate that it is.
 * - `new`: nobody does. `replayof` names the first id.
 */
export type ReplayedIds = "same" | "new";

export const isEmptyReplayFilter = (filter: ReplayFilter): boolean => Object.keys(filter).length === 0;

export function isWanted({ window, filter }: ReplayRequest, receipt: ReceiptLine): boolean {
  const { ids, key, sequence, type } = filter;
  return (
    isWithin(window, receipt.atMs) &&
    (ids === undefined || ids.includes(receipt.id)) &&
    (key === undefined || receipt.pk === key) &&
    (sequence === undefined || receipt.sk === sequence) &&
    (type === undefined || isOfType(receipt.type, type)) &&
    wentThere(filter, receipt)
  );
}

/** A receipt without the hash tells of its destination only what it shows, and that may be what it shows of another one too. */
function wentThere({ destination, destinationHash }: ReplayFilter, receipt: ReceiptLine): boolean {
  if (destination === undefined) return true;
  if (receipt.destinationHash !== undefined) return receipt.destinationHash === destinationHash;
  return receipt.destination === destination && showsWholeDestination(destination);
}

/** The replay that a run belongs to, with what it was asked for. */
export interface KnownReplay {
  /** The act that began it. */
  readonly replayId: string;
  readonly request: ReplayRequest;
}

export const knownReplayText = ({ replayId, request }: KnownReplay): string => JSON.stringify({ replayId, request });

/** Reads what {@link knownReplayText} made. Undefined for anything else. */
export function readKnownReplay(text: string | undefined): KnownReplay | undefined {
  try {
    const { replayId, request } = JSON.parse(text ?? "") as KnownReplay;
    const { fromMs, toMs } = request.window;
    const isWhole =
      typeof replayId === "string" &&
      Number.isSafeInteger(fromMs) &&
      Number.isSafeInteger(toMs) &&
      typeof request.filter === "object" &&
      (request.ids === "same" || request.ids === "new");
    return isWhole ? { replayId, request } : undefined;
  } catch {
    return undefined;
  }
}
