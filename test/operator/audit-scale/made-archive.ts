import { gzipSync } from "node:zlib";
import { seededRandom } from "../../../dev/demo/seeded-random.ts";
import { archiveKey } from "../../../lib/contract/archive/archive-key.ts";
import { encodeLine } from "../../../lib/contract/archive/archive-line.ts";

/** An archive of a day that is made as it is read: so many events, each met and acknowledged but for a few. */
export interface MadeArchive {
  readonly events: number;
  /** In one object: a busy relay writes hundreds. */
  readonly eventsPerObject: number;
  /** Characters of each event's data. 0: payloads are not kept. */
  readonly payload: number;
}

export const RELAY = "orders";
export const DAY_FROM_MS = Date.parse("2026-11-28T00:00:00Z");
const DAY_MS = 86_400_000;
export const DAY_TO_MS = DAY_FROM_MS + DAY_MS;

/** One event of so many has no receipt. */
const WITHOUT_RECEIPT = 100_000;
/** One of so many has two. */
const TWICE = 1_000;

export const expectedCounts = ({ events }: MadeArchive) => ({
  met: events,
  acknowledged: events - Math.ceil(events / WITHOUT_RECEIPT),
  removed: Math.ceil(events / WITHOUT_RECEIPT),
  duplicates: Math.ceil((events - 1) / TWICE),
});

export const objectCount = ({ events, eventsPerObject }: MadeArchive): number => Math.ceil(events / eventsPerObject);

const timeOf = (index: number, { events }: MadeArchive): number => DAY_FROM_MS + Math.floor((index / events) * DAY_MS);

export const objectKey = (number: number, archive: MadeArchive): string =>
  archiveKey({
    relayName: RELAY,
    writtenAtMs: timeOf(number * archive.eventsPerObject, archive),
    process: "p",
    number: number + 1,
  });

/** A CloudEvent as the relay writes it. */
const eventText = (named: { readonly id: string; readonly type: string }, atMs: number, data: string): string =>
  JSON.stringify({
    ...{ specversion: "1.0", ...named, time: new Date(atMs).toISOString() },
    ...{ datacontenttype: "application/json", data },
  });

export function objectBody(number: number, archive: MadeArchive): Buffer {
  const lines: string[] = [];
  const from = number * archive.eventsPerObject;
  const random = seededRandom(number);
  for (let index = from; index < Math.min(archive.events, from + archive.eventsPerObject); index += 1) {
    const atMs = timeOf(index, archive);
    // As long as the ids that the writer makes.
    const id = `01936f5e-7c3a-7000-8000-${String(index).padStart(12, "0")}`;
    // Digits fold to less than half, as JSON does.
    const digits = () => String(random()).slice(2).padEnd(16, "0");
    const named = { id, type: "order.placed", source: "/orders" };
    const told = { ...named, pk: id, sk: "1", destination: "orders-bus", writtenAtMs: atMs - 400 };
    const data = Array.from({ length: archive.payload / 16 }, digits).join("");
    const event = archive.payload === 0 ? {} : { event: eventText(named, atMs, data) };
    lines.push(encodeLine({ line: "met", atMs, ...told }, `p-${index}-m`));
    const receipts = index % WITHOUT_RECEIPT === 0 ? 0 : index % TWICE === 1 ? 2 : 1;
    for (let receipt = 0; receipt < receipts; receipt += 1) {
      const line = {
        line: "receipt",
        role: "relay",
        attempts: 1,
        atMs,
        target: { eventId: id },
        ...told,
        ...event,
      } as const;
      lines.push(encodeLine(line, `p-${index}-${receipt}`));
    }
  }
  return gzipSync(`${lines.join("\n")}\n`, { level: 1 });
}
