import { isLeasePartition } from "./codec/item-kind.ts";
import { idOf, type OutboxRow, type RowKey, type ScannedRow } from "./event.ts";
import { UNORDERED_SORT_KEY } from "./item-contract.ts";
import { sequenceOf } from "./sort-key.ts";

/**
 * Whether a sort key is a place in a sequence. A row with any other sort key (a fraction, a negative number, one past
 * 2^53) can never become an event by repair, for keys cannot be changed: the row is parked by itself and holds up no
 * other.
 */
export const hasPlace = (sk: string): boolean => sequenceOf(sk) !== undefined;

/**
 * Whether a row belongs to an ordering key: true unless its key is just the event's own id. A malformed row whose id
 * cannot be read counts as ordered, for it may be the next event of its key.
 */
export const isOrdered = ({ pk, sk, id }: RowKey & { readonly id?: string | undefined }): boolean =>
  hasPlace(sk) && !isLeasePartition(pk) && (pk !== id || sk !== UNORDERED_SORT_KEY);

export const isOrderedSeen = ({ key, id }: ScannedRow): boolean => isOrdered({ ...key, id });

export const isOrderedRow = (row: OutboxRow): boolean => isOrdered({ ...row.key, id: idOf(row.content) });
