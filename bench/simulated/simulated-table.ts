import {
  idOf,
  keyText,
  type OutboxRow,
  type RowKey,
  type RowRef,
  type ScannedRow,
  seenOf,
} from "../../lib/contract/event.ts";
import type { Clock, OutboxTable, ParkMark, ScanFrom } from "../../lib/core/ports.ts";
import { TABLE_MS } from "../stub-server.ts";

/** Places of the hash range. Rows of one place come in one page. */
const PLACES = 4_096;

/**
 * An outbox table on simulated time that holds hundreds of thousands of rows: rows as they are decoded, in places of a
 * hash range, so that a page of a scan costs no more than its rows. Each request takes as long as in the other workloads.
 */
export class SimulatedTable implements OutboxTable {
  readonly #places: readonly Map<string, OutboxRow>[] = Array.from({ length: PLACES }, () => new Map());
  /** By ordering key, ascending: rows of a key are put in the order of their sequence. */
  readonly #keyGroups = new Map<string, Map<number, OutboxRow>>();
  readonly #clock: Clock;
  #lease: { readonly owner: string; readonly untilMs: number } | undefined;
  #size = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#size;
  }

  put(row: OutboxRow): void {
    this.#place(row.key).set(keyText(row.key), row);
    this.#size += 1;
    if (row.key.pk === idOf(row.content)) return;
    const keyGroup = this.#keyGroups.get(row.key.pk) ?? new Map<number, OutboxRow>();
    this.#keyGroups.set(row.key.pk, keyGroup.set(Number(row.key.sk), row));
  }

  /** The first so many rows of an ordering key, up to a sequence. */
  ofKey(pk: string, ceiling: number, limit: number): readonly OutboxRow[] {
    const rows: OutboxRow[] = [];
    for (const [sequence, row] of this.#keyGroups.get(pk) ?? []) {
      if (rows.length === limit || sequence > ceiling) break;
      rows.push(row);
    }
    return rows;
  }

  get(key: RowKey): OutboxRow | undefined {
    return this.#place(key).get(keyText(key));
  }

  async deleteRows(rows: readonly RowRef[]): Promise<readonly RowRef[]> {
    await this.#clock.sleep(TABLE_MS);
    for (const row of rows) {
      this.#keyGroups.get(row.pk)?.delete(Number(row.sk));
      if (this.#place(row).delete(keyText(row))) this.#size -= 1;
    }
    return [];
  }

  async readRows(keys: readonly RowKey[]): Promise<readonly OutboxRow[]> {
    await this.#clock.sleep(TABLE_MS);
    return keys.flatMap((key) => this.get(key) ?? []);
  }

  async mark(row: RowKey, { notBeforeMs, attempts, reason }: ParkMark): Promise<"marked" | "gone"> {
    await this.#clock.sleep(TABLE_MS);
    const stored = this.get(row);
    if (stored === undefined) return "gone";
    const marks = { ...stored.marks, notBeforeMs, attempts, reason };
    this.#place(row).set(keyText(row), { ...stored, marks });
    return "marked";
  }

  /** Every row here says when it was written. */
  async markSeen(): Promise<boolean> {
    throw new Error("A row of unknown age is in the simulated table");
  }

  async scan({ after, segment, limit }: ScanFrom) {
    await this.#clock.sleep(TABLE_MS);
    const rows: ScannedRow[] = [];
    for (let place = after === undefined ? 0 : placeOf(after) + 1; place < PLACES; place += 1) {
      if (segment !== undefined && place % segment.of !== segment.index) continue;
      for (const row of this.#places[place]?.values() ?? []) rows.push(seenOf(row));
      const last = rows.at(-1);
      if (rows.length >= limit && last !== undefined) return { rows, next: last.key };
    }
    return { rows };
  }

  async count(after: RowKey | undefined) {
    const { rows, next } = await this.scan({ ...(after && { after }), limit: 1_000 });
    return { rows: rows.length, ...(next && { next }) };
  }

  async acquireLease(owner: string, nowMs: number, untilMs: number): Promise<boolean> {
    await this.#clock.sleep(TABLE_MS);
    if (this.#lease !== undefined && this.#lease.untilMs > nowMs && this.#lease.owner !== owner) return false;
    this.#lease = { owner, untilMs };
    return true;
  }

  async releaseLease(owner: string): Promise<void> {
    await this.#clock.sleep(TABLE_MS);
    if (this.#lease?.owner === owner) this.#lease = undefined;
  }

  #place(key: RowKey): Map<string, OutboxRow> {
    const place = this.#places[placeOf(key)];
    if (place === undefined) throw new RangeError(`${keyText(key)} has no place in the hash range`);
    return place;
  }
}

/** FNV-1a: scatters keys over the hash range, as DynamoDB does. */
function placeOf({ pk }: RowKey): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < pk.length; index += 1) {
    hash = Math.imul(hash ^ pk.charCodeAt(index), 16_777_619) >>> 0;
  }
  return hash % PLACES;
}
