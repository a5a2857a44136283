import { decodeItem } from "../../lib/core/codec/decode-row.ts";
import type { Item } from "../../lib/core/codec/item.ts";
import { keyText, type OutboxRow, type RowKey } from "../../lib/core/event.ts";
import { decodeGate } from "../../lib/core/ordered/key-gate.ts";
import type { Clock, OutboxTable } from "../../lib/core/ports.ts";

/** How one operation on the table goes wrong. */
export type TableFault = () => boolean;

/** An outbox table in memory, with the conditions of the real one. Each request takes 5 ms. */
export class MemoryTable implements OutboxTable {
  readonly items = new Map<string, Item>();
  readonly requests: string[] = [];
  /** Operations that fail while set. */
  readonly failing = new Set<"delete" | "read" | "mark" | "lease">();
  #lease: { readonly owner: string; readonly untilMs: number } | undefined;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(item: Item): void {
    this.items.set(keyText(keyOf(item)), item);
  }

  item(key: RowKey): Item | undefined {
    return this.items.get(keyText(key));
  }

  remove(key: RowKey): void {
    this.items.delete(keyText(key));
  }

  async #request(name: string, kind?: "delete" | "read" | "mark" | "lease"): Promise<void> {
    this.requests.push(name);
    await this.#clock.sleep(5);
    if (kind !== undefined && this.failing.has(kind)) throw new Error(`The table refuses: ${name}`);
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
    this.put({
      ...item,
      _notBefore: { N: String(notBeforeMs) },
      _attempts: { N: String(attempts) },
      _reason: { S: reason },
    });
    return "marked" as const;
  }

  async markSeen(key: RowKey, seenAtMs: number) {
    await this.#request("markSeen", "mark");
    const item = this.item(key);
    if (item !== undefined && item["_seenAt"] === undefined) this.put({ ...item, _seenAt: { N: String(seenAtMs) } });
  }

  async scan({ after, segment, limit }: Parameters<OutboxTable["scan"]>[0]) {
    await this.#request("scan", "read");
    const from = after === undefined ? -1 : hashOf(keyText(after));
    const ahead = [...this.items.entries()]
      .map(([text, item]) => ({ place: hashOf(text), item }))
      .filter(({ place }) => place > from && (segment === undefined || place % segment.of === segment.index))
      .sort((one, other) => one.place - other.place)
      .map(({ item }) => item);
    const page = ahead.slice(0, limit);
    const last = page.at(-1);
    const next = ahead.length > page.length && last !== undefined ? { next: keyOf(last) } : {};
    return { rows: page.flatMap(rowsOf), gates: page.flatMap((item) => decodeGate(item) ?? []), ...next };
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

const keyOf = (item: Item): RowKey => ({ pk: item["pk"]?.S ?? "", sk: Number(item["sk"]?.N) });

function rowsOf(item: Item | undefined): readonly OutboxRow[] {
  if (item === undefined) return [];
  const decoded = decodeItem(item);
  return decoded.kind === "row" ? [decoded.row] : [];
}

/** FNV-1a: scatters keys over the hash range, as DynamoDB does. */
function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619) >>> 0;
  }
  return hash;
}
