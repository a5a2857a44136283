import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import { decodeSeen } from "../../lib/contract/codec/decode-seen.ts";
import type { Item } from "../../lib/contract/codec/item.ts";
import { itemBytes, MAX_ITEM_BYTES } from "../../lib/contract/codec/item-size.ts";
import { keyText, type OutboxRow, type RowKey } from "../../lib/contract/event.ts";
import { decodeParkedKey } from "../../lib/contract/parked-key.ts";
import { compareSortKeys } from "../../lib/contract/sort-key.ts";
import type { Clock, OutboxTable, ScanFrom } from "../../lib/core/ports.ts";

/** How one operation on the table goes wrong. */
export type TableFault = () => boolean;

/** An outbox table in memory, with the conditions of the real one. Each request takes 5 ms. */
export class MemoryTable implements OutboxTable {
  readonly items = new Map<string, Item>();
  readonly requests: string[] = [];
  /** Operations that fail while set. */
  readonly failing = new Set<"delete" | "read" | "mark" | "lease">();
  /** Refuses an operation besides. */
  refuses: () => boolean = () => false;
  #lease: { readonly owner: string; readonly untilMs: number } | undefined;
  readonly #places = new Map<string, Place>();
  readonly #ofKey = new Map<string, readonly Place[]>();
  #sorted: readonly Place[] | undefined;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(item: Item): void {
    const text = keyText(keyOf(item));
    this.items.set(text, item);
    if (this.#places.has(text)) return;
    const place = placeOf(keyOf(item));
    this.#places.set(text, place);
    this.#ofKey.set(place.pk, [...(this.#ofKey.get(place.pk) ?? []), place]);
    this.#sorted = undefined;
  }

  /** The items of one partition key, ascending. */
  ofKey(pk: string): readonly Item[] {
    const places = this.#ofKey.get(pk) ?? [];
    return places
      .toSorted((one, other) => compareSortKeys(one.sk, other.sk))
      .flatMap(({ text }) => {
        const item = this.items.get(text);
        return item === undefined ? [] : [item];
      });
  }

  /** The places of all rows there ever were: sorting anew for each page would make large tables slow. */
  #inScanOrder(): readonly Place[] {
    this.#sorted ??= [...this.#places.values()].sort(comparePlaces);
    return this.#sorted;
  }

  item(key: RowKey): Item | undefined {
    return this.items.get(keyText(key));
  }

  remove(key: RowKey): void {
    this.items.delete(keyText(key));
  }

  get leaseUntilMs(): number | undefined {
    return this.#lease?.untilMs;
  }

  async #request(name: string, kind?: "delete" | "read" | "mark" | "lease"): Promise<void> {
    this.requests.push(name);
    await this.#clock.sleep(5);
    if ((kind !== undefined && this.failing.has(kind)) || this.refuses()) throw new Error(`The table refuses: ${name}`);
  }

  async deleteRows(rows: Parameters<OutboxTable["deleteRows"]>[0]) {
    await this.#request("deleteRows", "delete");
    for (const row of rows) {
      if (this.item(row)?.["id"]?.S === row.id) this.items.delete(keyText(row));
    }
    return [];
  }

  async readRows(keys: readonly RowKey[]) {
    await this.#request("readRows", "read");
    const distinct = new Map(keys.map((key) => [keyText(key), key]));
    return [...distinct.values()].flatMap((key) => rowsOf(this.item(key)));
  }

  async mark(...[row, { notBeforeMs, attempts, reason }]: Parameters<OutboxTable["mark"]>) {
    await this.#request("mark", "mark");
    const item = this.item(row);
    if (item === undefined || (row.id !== undefined && item["id"]?.S !== row.id)) return "gone" as const;
    const { _heldBy: _over, _reason: _before, ...rest } = item;
    const rested = { ...rest, _notBefore: { N: String(notBeforeMs) }, _attempts: { N: String(attempts) } };
    const marked = [{ ...rested, _reason: { S: reason } }, rested].find(fits);
    if (marked === undefined) return "no-room" as const;
    this.put(marked);
    return "marked" as const;
  }

  async markSeen(key: RowKey, seenAtMs: number) {
    await this.#request("markSeen", "mark");
    const item = this.item(key);
    // Of another type or in the future it is no first look: Number gives NaN for what is absent.
    const noted = Number(item?.["_seenAt"]?.N) <= seenAtMs;
    if (item === undefined || noted) return true;
    const seen = { ...item, _seenAt: { N: String(seenAtMs) } };
    if (fits(seen)) this.put(seen);
    return fits(seen);
  }

  async scan(from: ScanFrom) {
    const { items, next } = await this.page(from);
    return {
      rows: items.flatMap((item) => decodeSeen(item) ?? []),
      parkedKeys: items.flatMap((item) => decodeParkedKey(item) ?? []),
      ...(next && { next }),
    };
  }

  /** A page of whole items. */
  async page({
    after,
    segment,
    limit,
  }: ScanFrom): Promise<{ readonly items: readonly Item[]; readonly next?: RowKey }> {
    await this.#request("scan", "read");
    const from = after === undefined ? undefined : placeOf(after);
    const places = this.#inScanOrder();
    const page: Item[] = [];
    let index = from === undefined ? 0 : firstAfter(places, from);
    for (; index < places.length && page.length < limit; index += 1) {
      const { hash, text } = places[index] as Place;
      const item = this.items.get(text);
      if (item !== undefined && (segment === undefined || hash % segment.of === segment.index)) page.push(item);
    }
    const more = places
      .slice(index)
      .some(({ hash, text }) => this.items.has(text) && (segment === undefined || hash % segment.of === segment.index));
    const last = page.at(-1);
    const next = more && last !== undefined ? { next: keyOf(last) } : {};
    return { items: page, ...next };
  }

  async count(after: RowKey | undefined) {
    const { rows, next } = await this.scan({ ...(after && { after }), limit: 1_000 });
    return { rows: rows.length, ...(next && { next }) };
  }

  async acquireLease(owner: string, nowMs: number, untilMs: number) {
    await this.#request("acquireLease", "lease");
    if (this.#lease !== undefined && this.#lease.untilMs > nowMs && this.#lease.owner !== owner) return false;
    this.#lease = { owner, untilMs };
    return true;
  }

  async releaseLease(owner: string) {
    await this.#request("releaseLease", "lease");
    if (this.#lease?.owner === owner) this.#lease = undefined;
  }
}

const fits = (item: Item): boolean => itemBytes(item) <= MAX_ITEM_BYTES;

const keyOf = (item: Item): RowKey => ({ pk: item["pk"]?.S ?? "", sk: item["sk"]?.N ?? "" });

export function rowsOf(item: Item | undefined): readonly OutboxRow[] {
  if (item === undefined) return [];
  const decoded = decodeItem(item);
  return decoded.kind === "row" ? [decoded.row] : [];
}

/** A scan goes by the hash of the partition key, and within it by the sort key. */
interface Place extends RowKey {
  readonly hash: number;
  readonly text: string;
}

const placeOf = ({ pk, sk }: RowKey): Place => ({ hash: hashOf(pk), pk, sk, text: keyText({ pk, sk }) });

function firstAfter(places: readonly Place[], from: Place): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePlaces(places[middle] as Place, from) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

const comparePlaces = (one: Place, other: Place): number =>
  one.hash - other.hash || (one.pk < other.pk ? -1 : one.pk > other.pk ? 1 : 0) || compareSortKeys(one.sk, other.sk);

/** FNV-1a: scatters keys over the hash range, as DynamoDB does. */
function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619) >>> 0;
  }
  return hash;
}
