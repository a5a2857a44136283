import type { Item } from "../../lib/core/codec/item.ts";
import { kindOfItem } from "../../lib/core/codec/item-kind.ts";
import { GATE, GATE_SORT_KEY } from "../../lib/core/contract.ts";
import { addedToGate, decodeGate, decodeKey, isGateDue } from "../../lib/core/ordered/key-gate.ts";
import type { KeyTable, NewGate, ParkMark } from "../../lib/core/ports.ts";
import { sequenceOf } from "../../lib/core/sort-key.ts";
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

  /** The gate's item, for tests to look at and to spoil. */
  gate(pk: string): Item | undefined {
    const item = this.#table.item({ pk, sk: GATE_SORT_KEY });
    return item !== undefined && kindOfItem(item) === "parked-key" ? item : undefined;
  }

  #change(pk: string, change: Item): void {
    const gate = this.gate(pk);
    const version = (decodeGate(gate ?? { pk: { S: pk }, sk: number(0) })?.version || 0) + 1;
    this.#table.put({ pk: { S: pk }, sk: { N: GATE_SORT_KEY }, ...gate, [GATE.version]: number(version), ...change });
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
    // The gate counts against the limit too, as in DynamoDB; a page without a row is read on from.
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

  async readGate(pk: string) {
    await this.#request("readGate", pk);
    const gate = this.gate(pk);
    return gate && decodeGate(gate);
  }

  async touch(pk: string) {
    await this.#request("touch", pk);
    if (this.gate(pk) === undefined) return false;
    this.#change(pk, {});
    return true;
  }

  async park(
    row: Parameters<KeyTable["park"]>[0],
    { notBeforeMs, attempts, reason, letterAtMs }: NewGate,
  ): Promise<"parked" | "gone"> {
    await this.#request("park", row.pk);
    const failed = this.#table.item(row);
    if (failed === undefined || (row.id !== undefined && failed["id"]?.S !== row.id)) return "gone";
    if (this.gate(row.pk) === undefined && this.#table.item({ pk: row.pk, sk: GATE_SORT_KEY }) !== undefined)
      return "gone";
    const kept = this.gate(row.pk)?.[GATE.attempts] ?? number(attempts);
    this.#change(row.pk, {
      [GATE.notBefore]: number(notBeforeMs),
      [GATE.attempts]: kept,
      [GATE.reason]: { S: reason },
      ...(letterAtMs === undefined ? {} : { [GATE.letterAt]: number(letterAtMs) }),
    });
    return "parked";
  }

  async acquire(pk: string, owner: string, nowMs: number, leaseUntilMs: number) {
    await this.#request("acquire", pk);
    const item = this.gate(pk);
    const gate = item && decodeGate(item);
    if (gate === undefined) return { kind: "no-gate" as const };
    // Its own lease keeps nobody out; a gate that was parked anew is not due for its owner either.
    const asked = gate.owner === owner ? { ...gate, leaseUntilMs: 0 } : gate;
    if (!isGateDue(asked, nowMs)) return { kind: "busy" as const, gate };
    this.#change(pk, { [GATE.owner]: { S: owner }, [GATE.leaseUntil]: number(leaseUntilMs) });
    const taken = decodeGate(this.gate(pk) ?? {});
    return taken === undefined ? { kind: "no-gate" as const } : { kind: "acquired" as const, gate: taken };
  }

  async release(pk: string, owner: string, rest?: ParkMark) {
    await this.#request("release", pk);
    const { [GATE.owner]: held, [GATE.leaseUntil]: _lease, ...gate } = this.gate(pk) ?? {};
    if (held?.S !== owner) return false;
    const change = rest && {
      [GATE.notBefore]: number(rest.notBeforeMs),
      [GATE.attempts]: number(rest.attempts),
      [GATE.reason]: { S: rest.reason },
    };
    this.#table.put({ ...gate, ...change });
    return true;
  }

  async close(pk: string, owner: string, version: number) {
    await this.#request("close", pk);
    const gate = this.gate(pk);
    if (gate?.[GATE.owner]?.S !== owner || decodeGate(gate)?.version !== version) return false;
    const added = addedToGate(gate);
    if (Object.keys(added).length === 0) this.#table.remove({ pk, sk: GATE_SORT_KEY });
    else this.#table.put({ pk: { S: pk }, sk: { N: GATE_SORT_KEY }, ...added });
    return true;
  }

  async presence(row: Parameters<KeyTable["presence"]>[0]): ReturnType<KeyTable["presence"]> {
    await this.#request("presence", row.pk);
    return this.#table.item(row) === undefined ? "absent" : "present";
  }
}
