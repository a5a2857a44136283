import type { AttributeValue, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { asCloudEvent, type CloudEvent } from "../consumer/cloud-event.ts";
import { decodeItem } from "../contract/codec/decode-row.ts";
import { readInteger } from "../contract/setting-reader.ts";
import { compareSortKeys } from "../contract/sort-key.ts";
import type { InMemoryDynamoDb, NextFailure } from "./in-memory-dynamodb.ts";

export interface DeliverOptions {
  /** How often each event arrives: 2 shows whether a handler bears duplicates. 1 to 1,000. @default 1 */
  readonly copies?: number;
}

/** The outbox table of a test: what was written, and a relay that runs when told. */
export class InMemoryTable {
  readonly #dynamodb: InMemoryDynamoDb;

  constructor(dynamodb: InMemoryDynamoDb) {
    this.#dynamodb = dynamodb;
  }

  /** The events that wait, as they will arrive: in the order of their keys and sequences, else as written. */
  get events(): readonly CloudEvent[] {
    return this.#rows().map(eventOf);
  }

  /** For each transaction that was made, the writes that are the service's own. */
  get transactions(): readonly (readonly TransactWriteItem[])[] {
    return this.#dynamodb.transactions;
  }

  /** Has the next write end otherwise than well. The one after it is as ever. */
  failNext(failure: NextFailure | Error): void {
    this.#dynamodb.failNext(failure);
  }

  /**
   * Hands what waits to a handler, one event after the other; an event it has handled waits no longer.
   *
   * @throws what the handler throws: that event and those behind it wait on.
   * @throws SettingError for copies that are none: nothing would be handed over.
   */
  async deliver(handler: (event: CloudEvent) => Promise<unknown>, { copies = 1 }: DeliverOptions = {}): Promise<void> {
    readInteger("deliver.copies", copies, { min: 1, max: 1_000 });
    for (const row of this.#rows()) {
      for (let copy = 0; copy < copies; copy += 1) await handler(eventOf(row));
      this.#dynamodb.remove(row);
    }
  }

  /** Written first comes first, but a key's events are sorted by their sequence. */
  #rows(): readonly Row[] {
    const rows = [...this.#dynamodb.rows.values()];
    const place = new Map<string, number>();
    for (const [index, row] of rows.entries()) {
      const key = row["pk"]?.S ?? "";
      place.set(key, place.get(key) ?? index);
    }
    const placeOf = (row: Row) => place.get(row["pk"]?.S ?? "") ?? 0;
    return rows.sort((a, b) => placeOf(a) - placeOf(b) || compareSortKeys(a["sk"]?.N ?? "", b["sk"]?.N ?? ""));
  }
}

type Row = Record<string, AttributeValue>;

/** By the relay's own decoder, so that a test sees what a consumer gets. */
function eventOf(row: Row): CloudEvent {
  const decoded = decodeItem(row);
  if (decoded.kind === "reserved" || decoded.row.content.kind === "malformed") {
    throw new Error(`The relay could not deliver the row ${JSON.stringify(row)}`);
  }
  return asCloudEvent(JSON.parse(decoded.row.content.event.json));
}
