import { setTimeout as sleep } from "node:timers/promises";
import { TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { outboxRow } from "../../dev/demo/orders.ts";
import type { Clients } from "../../lib/local/clients.ts";
import { idAt, keyNamed } from "./rows.ts";
import type { Written } from "./verdict.ts";

export interface WritersOptions {
  readonly clients: Clients;
  readonly outbox: string;
  readonly orders: string;
  readonly random: () => number;
  readonly eventsPerSecond: number;
  /** How many events may wait for delivery. Writers pause above that, so that a run comes to its end. */
  readonly onTheirWay: () => number;
  readonly signal: AbortSignal;
}

const KEYS = 120;
/** How many events an ordered writer commits at once at most, and an unordered one. */
const MAX_ORDERED = 4;
const MAX_UNORDERED = 20;
const TRANSACTIONS_AT_ONCE = 4;
const MAX_ON_THEIR_WAY = 5_000;
const FULL_PAUSE_MS = 500;

/** Writes events to the table itself, past every proxy: half of them in ordering keys. Each with a business row in one transaction. */
export class Writers {
  readonly written = new Map<string, Written>();
  readonly #options: WritersOptions;
  readonly #versions = new Map<number, number>();
  readonly #busy = new Set<number>();
  #unordered = 0;

  constructor(options: WritersOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.written.size;
  }

  /** Writes until this time. It finishes the transactions that it has begun. */
  async writeUntil(untilMs: number): Promise<void> {
    const startMs = performance.now();
    const startCount = this.count;
    const { eventsPerSecond, onTheirWay, signal, random } = this.#options;
    const isDue = () => this.count - startCount < ((performance.now() - startMs) / 1_000) * eventsPerSecond;
    const writer = async () => {
      while (performance.now() < untilMs) {
        signal.throwIfAborted();
        if (onTheirWay() > MAX_ON_THEIR_WAY) await sleep(FULL_PAUSE_MS);
        else if (!isDue()) await sleep(20);
        // Transactions of a key are smaller, so that about half of the events have a key.
        else if (random() < 0.8) await this.#writeOrdered();
        else await this.#writeUnordered(1 + Math.floor(random() * MAX_UNORDERED));
      }
    };
    await Promise.all(Array.from({ length: TRANSACTIONS_AT_ONCE }, writer));
  }

  /** One unordered event. Resolves with its id. */
  async writeOne(): Promise<string> {
    const [id = ""] = await this.#writeUnordered(1);
    return id;
  }

  async #writeUnordered(count: number): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, () => {
      this.#unordered += 1;
      return `event-${this.#unordered}`;
    });
    const now = new Date();
    await this.#transact(
      `order-of-${ids[0]}`,
      0,
      ids.map((id) => outboxRow(id, now, { of: id })),
    );
    for (const id of ids) this.written.set(id, { id, atMs: now.getTime() });
    return ids;
  }

  /** The aggregate's version is raised from the one before, and its events are put: one transaction of a key at a time. */
  async #writeOrdered(): Promise<void> {
    const { random } = this.#options;
    let number = Math.floor(random() * KEYS);
    while (this.#busy.has(number)) number = (number + 1) % KEYS;
    this.#busy.add(number);
    const key = keyNamed(number);
    const before = this.#versions.get(number) ?? 0;
    const places = Array.from({ length: 1 + Math.floor(random() * MAX_ORDERED) }, (_unused, index) => {
      return { key, sequence: before + index + 1 };
    });
    const now = new Date();
    const rows = places.map((place) => ({
      ...outboxRow(idAt(place), now, { of: idAt(place) }),
      pk: { S: key },
      sk: { N: String(place.sequence) },
    }));
    await this.#transact(key, before, rows);
    this.#versions.set(number, before + places.length);
    for (const place of places) {
      this.written.set(idAt(place), { id: idAt(place), atMs: now.getTime(), place });
    }
    this.#busy.delete(number);
  }

  async #transact(orderId: string, before: number, rows: readonly ReturnType<typeof outboxRow>[]): Promise<void> {
    const { clients, outbox, orders } = this.#options;
    const update = {
      TableName: orders,
      Key: { orderId: { S: orderId } },
      UpdateExpression: "SET version = :next",
      ConditionExpression: before === 0 ? "attribute_not_exists(version)" : "version = :before",
      ExpressionAttributeValues: {
        ":next": { N: String(before + rows.length) },
        ...(before === 0 ? {} : { ":before": { N: String(before) } }),
      },
    };
    const puts = rows.map((row) => ({
      Put: { TableName: outbox, Item: row, ConditionExpression: "attribute_not_exists(pk)" },
    }));
    await clients.dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [{ Update: update }, ...puts] }));
  }
}
