import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import type { Item } from "../../lib/contract/codec/item.ts";
import { kindOfItem } from "../../lib/contract/codec/item-kind.ts";
import { keyText, type OutboxRow, type RowKey } from "../../lib/contract/event.ts";
import { PARKED_KEY_SORT_KEY } from "../../lib/contract/item-contract.ts";
import { compareSortKeys } from "../../lib/contract/sort-key.ts";
import type { ScanFrom } from "../../lib/core/ports.ts";

export interface Lease {
  readonly owner: string;
  readonly untilMs: number;
}

/** The items of one partition key, ascending. */
interface Partition {
  readonly pk: string;
  readonly hash: number;
  readonly items: { readonly sk: string; item: Item }[];
}

/** The number of buckets of the hash range. A page of a scan begins in a bucket, and a new key is put in its place within one. */
const BUCKETS = 256;

/**
 * The items of an outbox table, as DynamoDB holds them: an item is replaced and never changed. Partition keys lie scattered
 * over a hash range, so that a page of a scan costs no more than its items, even in a table of hundreds of thousands.
 */
export class ItemStore {
  /** The requeuer's lease. It is kept beside the items, so a scan never shows it. */
  lease: Lease | undefined;
  readonly #items = new Map<string, Item>();
  readonly #partitions = new Map<string, Partition>();
  /** Those that hold something, or did: a small world, of which millions are made, has few. */
  readonly #buckets = new Map<number, Partition[]>();

  /** By their keys' texts, the one written first at the beginning. */
  get items(): ReadonlyMap<string, Item> {
    return this.#items;
  }

  item(key: RowKey): Item | undefined {
    return this.#items.get(keyText(key));
  }

  row(key: RowKey): OutboxRow | undefined {
    const item = this.item(key);
    return item === undefined ? undefined : rowOf(item);
  }

  get rows(): readonly OutboxRow[] {
    return [...this.#items.values()].flatMap((item) => rowOf(item) ?? []);
  }

  /** The parked-key record's item. An event at its place does not count. */
  parkedKey(pk: string): Item | undefined {
    const item = this.item({ pk, sk: PARKED_KEY_SORT_KEY });
    return item !== undefined && kindOfItem(item) === "parked-key" ? item : undefined;
  }

  /** The items of one partition key, ascending. */
  ofKey(pk: string): readonly Item[] {
    return this.#partitions.get(pk)?.items.map(({ item }) => item) ?? [];
  }

  put(item: Item): void {
    const key = keyOf(item);
    const text = keyText(key);
    const known = this.#items.has(text);
    this.#items.set(text, item);
    const partition = this.#partitionOf(key.pk);
    const place = firstWhere(partition.items, ({ sk }) => compareSortKeys(sk, key.sk) >= 0);
    const stored = known ? partition.items[place] : undefined;
    if (stored === undefined) partition.items.splice(place, 0, { sk: key.sk, item });
    else stored.item = item;
  }

  remove(key: RowKey): void {
    if (!this.#items.delete(keyText(key))) return;
    const partition = this.#partitionOf(key.pk);
    const place = firstWhere(partition.items, ({ sk }) => compareSortKeys(sk, key.sk) >= 0);
    partition.items.splice(place, 1);
    if (partition.items.length > 0) return;
    this.#partitions.delete(key.pk);
    const bucket = this.#bucketOf(partition.hash);
    bucket.splice(bucket.indexOf(partition), 1);
  }

  #partitionOf(pk: string): Partition {
    const known = this.#partitions.get(pk);
    if (known !== undefined) return known;
    const made: Partition = { pk, hash: hashOf(pk), items: [] };
    this.#partitions.set(pk, made);
    const bucket = this.#bucketOf(made.hash);
    bucket.splice(
      firstWhere(bucket, (other) => compareHashes(other, made) > 0),
      0,
      made,
    );
    return made;
  }

  #bucketOf(hash: number): Partition[] {
    const index = bucketIndex(hash);
    const bucket = this.#buckets.get(index) ?? [];
    this.#buckets.set(index, bucket);
    return bucket;
  }

  /** One page of a scan. An item that is not shown takes up no place in it. */
  page(
    { limit, ...from }: ScanFrom,
    shows: (item: Item) => boolean = () => true,
  ): { readonly items: readonly Item[]; readonly next?: RowKey } {
    const items: Item[] = [];
    for (const item of this.#ahead(from)) {
      if (!shows(item)) continue;
      const last = items.at(-1);
      if (items.length >= limit && last !== undefined) return { items, next: keyOf(last) };
      items.push(item);
    }
    return { items };
  }

  /** By the hash of the partition key, and within it by the sort key. */
  *#ahead({ after, segment }: Omit<ScanFrom, "limit">): Generator<Item> {
    const from = after && { ...after, hash: hashOf(after.pk) };
    for (let index = from === undefined ? 0 : bucketIndex(from.hash); index < BUCKETS; index += 1) {
      const bucket = this.#buckets.get(index);
      if (bucket === undefined) continue;
      const begin = from === undefined ? 0 : firstWhere(bucket, (partition) => compareHashes(partition, from) >= 0);
      for (const { pk, hash, items } of bucket.slice(begin)) {
        if (segment !== undefined && hash % segment.of !== segment.index) continue;
        for (const { sk, item } of items) {
          if (from?.pk !== pk || compareSortKeys(sk, from.sk) > 0) yield item;
        }
      }
    }
  }
}

export const keyOf = (item: Item): RowKey => ({ pk: item["pk"]?.S ?? "", sk: item["sk"]?.N ?? "" });

/** Items are replaced and never changed, so each is decoded once. */
const decoded = new WeakMap<Item, { readonly row: OutboxRow | undefined }>();

/** The row that an item is; undefined for the relay's own state. */
export function rowOf(item: Item): OutboxRow | undefined {
  const known = decoded.get(item);
  if (known !== undefined) return known.row;
  const read = decodeItem(item);
  const row = read.kind === "row" ? read.row : undefined;
  decoded.set(item, { row });
  return row;
}

/** The index of the first item for which the condition holds. It must hold for all items behind that one too. */
function firstWhere<Value>(values: readonly Value[], holds: (value: Value) => boolean): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(values[middle] as Value)) high = middle;
    else low = middle + 1;
  }
  return low;
}

type Hashed = Pick<Partition, "pk" | "hash">;

const compareHashes = (one: Hashed, other: Hashed): number =>
  one.hash - other.hash || (one.pk < other.pk ? -1 : one.pk > other.pk ? 1 : 0);

const bucketIndex = (hash: number): number => Math.floor((hash * BUCKETS) / 2 ** 32);

/** FNV-1a: scatters keys over the hash range, as DynamoDB does. */
function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619) >>> 0;
  }
  return hash;
}
