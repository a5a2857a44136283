import type { AttributeValue, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { asCloudEvent, type CloudEvent } from "../consumer/cloud-event.ts";
import { decodeItem } from "../contract/codec/decode-row.ts";
import { readInteger } from "../contract/settings/setting-reader.ts";
import { compareSortKeys } from "../contract/sort-key.ts";
import type { InMemoryDynamoDb, NextFailure } from "./in-memory-dynamodb.ts";

export interface DeliverOptions {
  /** How often each event arrives: 2 shows whether a handler tolerates duplicates. 1 to 1,000. @default 1 */
  readonly copies?: number;
}

/** The outbox table of a test: what was written, and a relay that runs on request. */
export class InMemoryTable {
  readonly #dynamodb: InMemoryDynamoDb;

  constructor(dynamodb: InMemoryDynamoDb) {
    this.#dynamodb = dynamodb;
  }

  /** The waiting events, as they will arrive: a key's events by sequence, otherwise in the order written. */
  get events(): readonly CloudEvent[] {
    return this.#rows().map(eventOf);
  }

  /** The service's own writes, for each transaction that was made. */
  get transactions(): readonly (readonly TransactWriteItem[])[] {
    return this.#dynamodb.transactions;
  }

  /** Makes the next write fail. The one after it works as usual. */
  failNext(failure: NextFailure | Error): void {
    this.#dynamodb.failNext(failure);
  }

  /**
   * Passes the waiting events to a handler, one after the other; an event that was handled waits no longer.
   *
   * @throws the handler's error: that event and those behind it still wait.
   * @throws SettingError for an invalid number of copies.
   */
  async deliver(handler: (event: CloudEvent) => Promise<unknown>, { copies = 1 }: DeliverOptions = {}): Promise<void> {
    readInteger("deliver.copies", copies, { min: 1, max: 1_000 });
    for (const row of this.#rows()) {
      for (let copy = 0; copy < copies; copy += 1) await handler(eventOf(row));
      this.#dynamodb.remove(row);
    }
  }

  /** Sorted by time of writing, but a key's events by their sequence. */
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

/** Decodes with the relay's own decoder, so that a test sees what a consumer gets. */
function eventOf(row: Row): CloudEvent {
  const decoded = decodeItem(row);
  if (decoded.kind === "reserved" || decoded.row.content.kind === "malformed") {
    throw new Error(`The relay could not deliver the row ${JSON.stringify(row)}`);
  }
  return asCloudEvent(JSON.parse(decoded.row.content.event.json));
}
