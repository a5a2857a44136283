import { isDeepStrictEqual } from "node:util";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import type { Item } from "../../lib/contract/codec/item.ts";
import { kindOfItem } from "../../lib/contract/codec/item-kind.ts";
import { itemBytes, MAX_ITEM_BYTES } from "../../lib/contract/codec/item-size.ts";
import type { OutboxRow, RowKey } from "../../lib/contract/event.ts";
import { MARKS, PARKED_KEY, PARKED_KEY_SORT_KEY } from "../../lib/contract/item-contract.ts";
import { decodeParkedKey } from "../../lib/contract/parked-key.ts";
import { rests } from "../../lib/contract/read-back.ts";
import { compareSortKeys, sequenceOf } from "../../lib/contract/sort-key.ts";
import type { Act, ActEnd, AsideEvent, AsidePlace } from "../../lib/operator/core/act.ts";
import type {
  AnnotatedParkedKey,
  Claim,
  Hold,
  Journal,
  OperatorTable,
  RowAddress,
} from "../../lib/operator/core/operator-ports.ts";
import { type MemoryTable, rowsOf } from "./memory-table.ts";
import type { VirtualClock } from "./virtual-clock.ts";

const number = (value: number) => ({ N: String(value) });
const marked = (item: Item, name: string): number => Number(item[name]?.N ?? 0);

/** The journal table in memory. */
export class MemoryJournal implements Journal {
  readonly entries = new Map<string, AsideEvent>();
  readonly noted: (Act & { end?: ActEnd })[] = [];
  refusing = false;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get quarantined(): readonly AsideEvent[] {
    return this.#of("quarantined");
  }

  get discarded(): readonly AsideEvent[] {
    return this.#of("discarded");
  }

  #of(place: AsidePlace): readonly AsideEvent[] {
    return [...this.entries.values()].filter((aside) => aside.place === place);
  }

  async begin(act: Act): Promise<void> {
    await this.#clock.sleep(5);
    if (this.refusing) throw new Error("The journal refuses");
    this.noted.push({ ...act });
  }

  async end(act: Act, end: ActEnd): Promise<void> {
    await this.#clock.sleep(5);
    const noted = this.noted.find(({ id }) => id === act.id);
    if (noted !== undefined) noted.end = end;
  }

  async acts(limit: number) {
    return this.noted.toReversed().slice(0, limit);
  }

  async aside(place: AsidePlace, after: string | undefined, limit: number) {
    const ahead = this.#of(place)
      .filter(({ entryId }) => after === undefined || entryId > after)
      .sort((one, other) => (one.entryId < other.entryId ? -1 : 1));
    const events = ahead.slice(0, limit);
    const last = events.at(-1);
    return { events, ...(ahead.length > limit && last !== undefined ? { next: last.entryId } : {}) };
  }
}

/** The outbox table in memory, in an operator's hands. Each request takes 5 ms. */
export class MemoryOperatorTable implements OperatorTable {
  /** Runs just before an operation takes effect: how a test gets in between. */
  before: (operation: keyof OperatorTable, key: RowKey) => void = () => undefined;
  readonly #table: MemoryTable;
  readonly #journal: MemoryJournal;
  readonly #clock: VirtualClock;

  constructor(table: MemoryTable, journal: MemoryJournal, clock: VirtualClock) {
    this.#table = table;
    this.#journal = journal;
    this.#clock = clock;
  }

  async #request(operation: keyof OperatorTable, key: RowKey): Promise<void> {
    await this.#clock.sleep(5);
    this.before(operation, key);
  }

  #row({ pk, sk, id }: RowAddress): Item | undefined {
    const item = this.#table.item({ pk, sk });
    return item !== undefined && (id === undefined || item["id"]?.S === id) ? item : undefined;
  }

  #parkedKeyItem(pk: string): Item | undefined {
    const item = this.#table.item({ pk, sk: PARKED_KEY_SORT_KEY });
    return item !== undefined && kindOfItem(item) === "parked-key" ? item : undefined;
  }

  async scan(from: Parameters<OperatorTable["scan"]>[0]) {
    const { items, next } = await this.#table.page(from);
    const rows = items.flatMap(rowsOf);
    const pks = new Set(rows.map(({ key }) => key.pk));
    const parkedKeys = [...pks].flatMap((pk) => this.#parkedKey(pk) ?? []);
    return { rows, parkedKeys, ...(next && { next }) };
  }

  #parkedKey(pk: string): AnnotatedParkedKey | undefined {
    const item = this.#parkedKeyItem(pk);
    const parkedKey = item && decodeParkedKey(item);
    if (item === undefined || parkedKey === undefined) return undefined;
    const reason = item[PARKED_KEY.reason]?.S;
    const deadLetterAt = item[PARKED_KEY.deadLetterAt]?.N;
    return {
      ...parkedKey,
      ...(reason === undefined ? {} : { reason }),
      ...(deadLetterAt === undefined ? {} : { letterAtMs: Number(deadLetterAt) }),
    };
  }

  async readItem(key: RowKey) {
    await this.#request("readItem", key);
    return this.#table.item(key);
  }

  async readParkedKey(pk: string) {
    await this.#request("readParkedKey", { pk, sk: PARKED_KEY_SORT_KEY });
    return this.#parkedKey(pk);
  }

  async readKey(pk: string, above: number, limit: number): Promise<readonly OutboxRow[]> {
    await this.#request("readKey", { pk, sk: String(above) });
    return this.#table
      .ofKey(pk)
      .flatMap((item) => {
        const decoded = decodeItem(item);
        return decoded.kind === "row" && decoded.row.key.pk === pk && (sequenceOf(decoded.row.key.sk) ?? 0) > above
          ? [decoded.row]
          : [];
      })
      .sort((one, other) => compareSortKeys(one.key.sk, other.key.sk))
      .slice(0, limit);
  }

  async requeuerUntil() {
    await this.#clock.sleep(5);
    return this.#table.leaseUntilMs;
  }

  async hold(row: RowAddress, { actId, untilMs }: Hold, nowMs: number) {
    await this.#request("hold", row);
    const item = this.#row(row);
    if (item === undefined) return "gone" as const;
    const other = item[MARKS.heldBy]?.S;
    if (other !== undefined && other !== actId && rests(marked(item, MARKS.notBefore), nowMs))
      return "held-by-another" as const;
    const held = { ...item, [MARKS.heldBy]: { S: actId }, [MARKS.notBefore]: number(untilMs) };
    if (itemBytes(held) > MAX_ITEM_BYTES) return "no-room" as const;
    this.#table.put(held);
    return "held" as const;
  }

  async letGo(row: RowAddress, hold: Hold, restedUntilMs: number | undefined) {
    await this.#request("letGo", row);
    const item = this.#row(row);
    if (item === undefined || !this.#isHeld(item, hold)) return;
    const { [MARKS.heldBy]: _hold, [MARKS.notBefore]: _until, ...rest } = item;
    this.#table.put(restedUntilMs === undefined ? rest : { ...rest, [MARKS.notBefore]: number(restedUntilMs) });
  }

  #isHeld(item: Item, { actId, untilMs }: Hold): boolean {
    return item[MARKS.heldBy]?.S === actId && marked(item, MARKS.notBefore) === untilMs;
  }

  async makeDue(row: RowAddress, nowMs: number) {
    await this.#request("makeDue", row);
    const item = this.#row(row);
    if (item === undefined) return "gone" as const;
    if (item[MARKS.heldBy] !== undefined && rests(marked(item, MARKS.notBefore), nowMs)) return "held" as const;
    const { [MARKS.notBefore]: _rest, ...due } = item;
    this.#table.put(due);
    return "made-due" as const;
  }

  async makeParkedKeyDue(pk: string, dueMs: number, nowMs: number) {
    await this.#request("makeParkedKeyDue", { pk, sk: PARKED_KEY_SORT_KEY });
    const item = this.#parkedKeyItem(pk);
    const parkedKey = item && decodeParkedKey(item);
    if (item === undefined || parkedKey === undefined) return "not-parked" as const;
    if (parkedKey.owner !== undefined && (parkedKey.leaseUntilMs ?? 0) > nowMs) return "draining" as const;
    if ((parkedKey.notBeforeMs ?? 0) <= dueMs) return "due-already" as const;
    this.#table.put({ ...item, [PARKED_KEY.notBefore]: number(dueMs) });
    return "made-due" as const;
  }

  async setAside(row: RowAddress, claim: Claim, aside: AsideEvent) {
    await this.#request("setAside", row);
    const item = this.#row(row);
    const claimed =
      claim.kind === "hold"
        ? item !== undefined && this.#isHeld(item, claim)
        : claim.kind === "unchanged"
          ? isDeepStrictEqual(item, aside.item)
          : this.#parkedKeyItem(row.pk)?.[PARKED_KEY.owner]?.S === claim.owner;
    if (item === undefined || !claimed) return "changed" as const;
    this.#table.remove(row);
    this.#journal.entries.set(aside.entryId, aside);
    return "moved" as const;
  }

  async putBack(aside: AsideEvent, item: Item) {
    await this.#request("putBack", aside.key);
    if (this.#journal.entries.get(aside.entryId)?.place !== "quarantined") return "not-there" as const;
    if (this.#table.item(aside.key) !== undefined) return "occupied" as const;
    this.#journal.entries.delete(aside.entryId);
    this.#table.put(item);
    return "put-back" as const;
  }

  async discardAside(aside: AsideEvent, discarded: AsideEvent) {
    await this.#request("discardAside", aside.key);
    if (!this.#journal.entries.delete(aside.entryId)) return "not-there" as const;
    this.#journal.entries.set(discarded.entryId, discarded);
    return "discarded" as const;
  }
}
