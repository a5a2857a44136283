import type { Item } from "../../lib/contract/codec/item.ts";
import { takePart } from "../contender.ts";
import { orderedRows } from "../ordered-rows.ts";
import { handled, importHandler } from "../relay-handler.ts";
import { streamEventOf } from "../rows.ts";
import { type OrderedReport, REPORT_PATH, ROWS_PATH } from "../stubs/ordered-stub.ts";

/** The relay's bundle with order per key, with a batch in which a few keys have most of the events. */
const handler = await importHandler(process.env["OUTBOX_BENCH_BUNDLE"] ?? "");
const endpoint = process.env["AWS_ENDPOINT_URL"] ?? "";
let rows: readonly Item[] = [];

takePart({
  async prepare(events) {
    const writtenAtMs = Date.now();
    rows = orderedRows(events, writtenAtMs);
    await fetch(`${endpoint}${ROWS_PATH}`, { method: "POST", body: JSON.stringify(rows) });
    return handled(handler, streamEventOf(rows, writtenAtMs));
  },
  async check() {
    const { sent, waiting } = (await (await fetch(`${endpoint}${REPORT_PATH}`)).json()) as OrderedReport;
    if (waiting > 0) throw new Error(`The relay left ${waiting} rows in the table`);
    const wanted = byKey(rows.map((row) => [row["pk"]?.S ?? "", row["id"]?.S ?? ""]));
    const found = byKey(sent);
    for (const [key, ids] of wanted) {
      if (ids.join() !== found.get(key)?.join()) {
        throw new Error(`The relay did not publish the events of ${key} once each and in order`);
      }
    }
  },
});

function byKey(events: readonly (readonly [key: string, id: string])[]): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>();
  for (const [key, id] of events) {
    const ids = keys.get(key);
    if (ids === undefined) keys.set(key, [id]);
    else ids.push(id);
  }
  return keys;
}
