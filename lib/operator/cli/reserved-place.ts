import { EVENT_ATTRIBUTES, isLeasePartition } from "../../contract/codec/item-kind.ts";
import type { RowKey } from "../../contract/event.ts";
import { PARKED_KEY_SORT_KEY } from "../../contract/item-contract.ts";
import type { EventFilter } from "../core/events/event-filter.ts";
import type { OperatorTable } from "../core/operator-ports.ts";
import { plain } from "./output.ts";

/**
 * The key of a requeuer's lease, where a search can only mean that one. A writer that counts from 0 has its first event
 * there.
 */
function reservedPlace({ ids = [], key, sequence = PARKED_KEY_SORT_KEY }: EventFilter): RowKey | undefined {
  const [pk = key] = ids;
  return pk !== undefined && isLeasePartition(pk) && sequence === PARKED_KEY_SORT_KEY
    ? { pk, sk: sequence }
    : undefined;
}

/**
 * What to say of the key that the contract reserves for a lease. Undefined where the search is for another key, or
 * nothing stands there.
 */
export async function reservedText(
  table: Pick<OperatorTable, "readItem">,
  filter: EventFilter,
): Promise<string | undefined> {
  const place = reservedPlace(filter);
  const item = place && (await table.readItem(place));
  if (place === undefined || item === undefined) return undefined;
  const reserved = `sk 0 of pk ${plain(JSON.stringify(place.pk))} is reserved for the requeuer's lease`;
  if (!EVENT_ATTRIBUTES.some((name) => item[name] !== undefined)) return `${reserved}, and a lease stands there.`;
  return `${reserved}, so the row there is not an event: it is never delivered, and in no list and no count. Write its event again under another key, and delete that row.`;
}
