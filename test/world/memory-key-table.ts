import type { Item } from "../../lib/contract/codec/item.ts";
import { kindOfItem } from "../../lib/contract/codec/item-kind.ts";
import { PARKED_KEY, PARKED_KEY_SORT_KEY } from "../../lib/contract/item-contract.ts";
import { addedToParkedKey, decodeKey, decodeParkedKey, isParkedKeyDue } from "../../lib/contract/parked-key.ts";
import { sequenceOf } from "../../lib/contract/sort-key.ts";
import type { KeyTable, NewParkedKey, ParkMark } from "../../lib/core/ports.ts";
import type { MemoryTable } from "./memory-table.ts";
import type { VirtualClock } from "./virtual-clock.ts";

const number = (value: number) => ({ N: String(value) });

/** The ordered side of a table in memory. Each request takes 5 ms. */
export class MemoryKeyTable implements KeyTable {
  readonly requests: string[] = [];
  /** Operations that fail while set. */
  readonly failing = new Set<keyof KeyTable>();
  /** Runs just before an operation takes effect: how a test gets in between. */
  before: (operation: keyof KeyTable, pk: string) => void = () => undefined;
  /** Largest page so far. */
  largestPage = 0;
  readonly #table: MemoryTable;
  readonly #clock: VirtualClock;

  constructor(table: MemoryTable, clock: VirtualClock) {
    this.#table = table;
    this.#clock = clock;
  }

  async #request(operation: keyof KeyTable, pk: string): Promise<void> {
    this.requests.push(operation);
    await this.#clock.sleep(5);
    if (this.failing.has(operation)) throw new Error(`The table refuses: ${operation}`);
    this.before(operation, pk);
  }

  /** The parked-key record's item, for tests to look at and to spoil. */
  parkedKey(pk: string): Item | undefined {
    const item = this.#table.item({ pk, sk: PARKED_KEY_SORT_KEY });
    return item !== undefined && kindOfItem(item) === "parked-key" ? item : undefined;
  }

  #change(pk: string, change: Item): void {
    const parkedKey = this.parkedKey(pk);
    const version = (decodeParkedKey(parkedKey ?? { pk: { S: pk }, sk: number(0) })?.version || 0) + 1;
    this.#table.put({
      pk: { S: pk },
      sk: { N: PARKED_KEY_SORT_KEY },
      ...parkedKey,
      [PARKED_KEY.version]: number(version),
      ...change,
    });
  }

  #ofKey(pk: string, from = 0, to = Number.MAX_SAFE_INTEGER): readonly Item[] {
    return this.#table.ofKey(pk).filter((item) => {
      const sk = Number(item["sk"]?.N);
      return sk >= from && sk <= to;
    });
  }

  async read(pk: string, { ceiling, limit }: { readonly ceiling: number; readonly limit: number }) {
    await this.#request("read", pk);
    const items = this.#ofKey(pk, 0, ceiling);
    this.largestPage = Math.max(this.largestPage, Math.min(limit, items.length));
    // The parked-key record counts against the limit too, as in DynamoDB; a page without a row is read on from.
    let end = limit;
    while (end < items.length && decodeKey(items.slice(0, end)).rows.length === 0) end += limit;
    return { ...decodeKey(items.slice(0, end)), more: items.length > end };
  }

  async highest(pk: string) {
    await this.#request("highest", pk);
    return this.#ofKey(pk)
      .map(({ sk }) => sequenceOf(sk?.N ?? ""))
      .findLast((sequence) => sequence !== undefined);
  }

  async readParkedKey(pk: string) {
    await this.#request("readParkedKey", pk);
    const parkedKey = this.parkedKey(pk);
    return parkedKey && decodeParkedKey(parkedKey);
  }

  async touch(pk: string) {
    await this.#request("touch", pk);
    if (this.parkedKey(pk) === undefined) return false;
    this.#change(pk, {});
    return true;
  }

  async park(
    row: Parameters<KeyTable["park"]>[0],
    { notBeforeMs, attempts, reason, deadLetterAtMs }: NewParkedKey,
  ): Promise<"parked" | "gone"> {
    await this.#request("park", row.pk);
    const failed = this.#table.item(row);
    if (failed === undefined || (row.id !== undefined && failed["id"]?.S !== row.id)) return "gone";
    if (this.parkedKey(row.pk) === undefined && this.#table.item({ pk: row.pk, sk: PARKED_KEY_SORT_KEY }) !== undefined)
      return "gone";
    const kept = this.parkedKey(row.pk)?.[PARKED_KEY.attempts] ?? number(attempts);
    this.#change(row.pk, {
      [PARKED_KEY.notBefore]: number(notBeforeMs),
      [PARKED_KEY.attempts]: kept,
      [PARKED_KEY.reason]: { S: reason },
      ...(deadLetterAtMs === undefined ? {} : { [PARKED_KEY.deadLetterAt]: number(deadLetterAtMs) }),
    });
    return "parked";
  }

  async acquire(pk: string, owner: string, nowMs: number, leaseUntilMs: number) {
    await this.#request("acquire", pk);
    const item = this.parkedKey(pk);
    const parkedKey = item && decodeParkedKey(item);
    if (parkedKey === undefined) return { kind: "not-parked" as const };
    // Its own lease keeps nobody out; a parked-key record that was parked anew is not due for its owner either.
    const asked = parkedKey.owner === owner ? { ...parkedKey, leaseUntilMs: 0 } : parkedKey;
    if (!isParkedKeyDue(asked, nowMs)) return { kind: "busy" as const, parkedKey };
    this.#change(pk, { [PARKED_KEY.owner]: { S: owner }, [PARKED_KEY.leaseUntil]: number(leaseUntilMs) });
    const taken = decodeParkedKey(this.parkedKey(pk) ?? {});
    return taken === undefined ? { kind: "not-parked" as const } : { kind: "acquired" as const, parkedKey: taken };
  }

  async release(pk: string, owner: string, rest?: ParkMark) {
    await this.#request("release", pk);
    const { [PARKED_KEY.owner]: held, [PARKED_KEY.leaseUntil]: _lease, ...parkedKey } = this.parkedKey(pk) ?? {};
    if (held?.S !== owner) return false;
    const change = rest && {
      [PARKED_KEY.notBefore]: number(rest.notBeforeMs),
      [PARKED_KEY.attempts]: number(rest.attempts),
      [PARKED_KEY.reason]: { S: rest.reason },
    };
    this.#table.put({ ...parkedKey, ...change });
    return true;
  }

  async close(pk: string, owner: string, version: number) {
    await this.#request("close", pk);
    const parkedKey = this.parkedKey(pk);
    if (parkedKey?.[PARKED_KEY.owner]?.S !== owner || decodeParkedKey(parkedKey)?.version !== version) return false;
    const added = addedToParkedKey(parkedKey);
    if (Object.keys(added).length === 0) this.#table.remove({ pk, sk: PARKED_KEY_SORT_KEY });
    else this.#table.put({ pk: { S: pk }, sk: { N: PARKED_KEY_SORT_KEY }, ...added });
    return true;
  }

  async presence(row: Parameters<KeyTable["presence"]>[0]): ReturnType<KeyTable["presence"]> {
    await this.#request("presence", row.pk);
    return this.#table.item(row) === undefined ? "absent" : "present";
  }
}
