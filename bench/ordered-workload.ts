import type { Item } from "../lib/core/codec/item.ts";
import { defaultConcurrency } from "../lib/core/settings.ts";
import { orderedRows } from "./ordered-rows.ts";
import { type OrderedReport, REPORT_PATH, ROWS_PATH } from "./ordered-stub.ts";
import { handled, importHandler } from "./relay-workload.ts";
import { RECORDS, streamEventOf } from "./rows.ts";
import type { Workload } from "./workload.ts";

/** The relay's bundle for SQS with order per key, given a batch in which a few keys have most of the events. */
export async function orderedWorkload(bundle: string, endpoint: string): Promise<Workload> {
  const handler = await importHandler(bundle, {
    OUTBOX_RELAY_SETTINGS: JSON.stringify({ concurrency: defaultConcurrency(1024), ordering: "per-key" }),
    OUTBOX_RELAY_TARGET: JSON.stringify({ kind: "sqs", queueUrl: `${endpoint}/123456789012/orders.fifo` }),
  });
  let rows: readonly Item[] = [];

  return {
    name: "relay-ordered",
    events: RECORDS,
    async prepare(events) {
      const writtenAtMs = Date.now();
      rows = orderedRows(events, writtenAtMs);
      await fetch(`${endpoint}${ROWS_PATH}`, { method: "POST", body: JSON.stringify(rows) });
      return handled(handler, streamEventOf(rows, writtenAtMs));
    },
    async check() {
      const { sent, waiting } = (await (await fetch(`${endpoint}${REPORT_PATH}`)).json()) as OrderedReport;
      if (waiting > 0) throw new Error(`relay-ordered left ${waiting} rows in the table`);
      const wanted = byKey(rows.map((row) => [row["pk"]?.S ?? "", row["id"]?.S ?? ""]));
      const found = byKey(sent);
      for (const [key, ids] of wanted) {
        if (ids.join() !== found.get(key)?.join()) {
          throw new Error(`relay-ordered did not publish the events of ${key} once each and in order`);
        }
      }
    },
  };
}

function byKey(events: readonly (readonly [key: string, id: string])[]): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>();
  for (const [key, id] of events) {
    const ids = keys.get(key);
    if (ids === undefined) keys.set(key, [id]);
    else ids.push(id);
  }
  return keys;
}
