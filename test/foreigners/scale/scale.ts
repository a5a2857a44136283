import { isDeepStrictEqual } from "node:util";
import isOfficial from "cloudevents/dist/schema/v1.js";
import fc from "fast-check";
import { decodeItem } from "../../../lib/contract/codec/decode-row.ts";
import { type Item, itemJson } from "../../../lib/contract/codec/item.ts";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { foreignRow, inStream } from "../foreign-rows.ts";
import { expectedOf } from "./expected.ts";
import { type Arrived, PARTS, WIRES, type Wire } from "./wires.ts";

/** Rows drawn at once. A row depends on the seed and its place alone, and memory holds this many. */
const CHUNK_ROWS = 1_000;

export interface Scale {
  readonly rows: number;
  readonly seed: number;
  /** @default all */
  readonly wires?: readonly Wire[];
  /** The rows of a chunk. @default drawn from the seed */
  readonly rowsOf?: (seed: number, chunk: number) => readonly Item[];
  /** Called after each chunk with the rows so far. */
  readonly onProgress?: (rows: number) => void;
}

export interface ScaleReport {
  rows: number;
  /** Rows that are events; the others are malformed, each with its reason, or the relay's own. */
  events: number;
  /** Events in the order of a key. */
  ordered: number;
  reserved: number;
  /** By the attribute that their reason names. */
  readonly malformed: Map<string, number>;
  readonly nonconforming: Map<string, number>;
  /** Events that the official schema refuses: each of them is counted as nonconforming. */
  refusedBySchema: number;
  /** How often an event arrived whole, by way. */
  readonly arrived: Map<string, number>;
  /** How often a publisher does not send an event and says why, by way and code. */
  readonly refused: Map<string, number>;
}

/** A row that did not arrive as it was written. */
export class ForeignRowError extends Error {
  override readonly name = "ForeignRowError";
}

/**
 * Sends rows of foreign writers through the decoder, over the wires of each kind of target, and into a consumer's reader.
 *
 * @throws ForeignRowError at the first row that throws, is refused without a reason, or of which payload, key or id are
 * not as they were.
 */
export function sendThrough({ rows, seed, wires = WIRES, rowsOf = drawRows, onProgress }: Scale): ScaleReport {
  const report: ScaleReport = {
    ...{ rows: 0, events: 0, ordered: 0, reserved: 0, refusedBySchema: 0 },
    ...{ malformed: new Map(), nonconforming: new Map(), arrived: new Map(), refused: new Map() },
  };
  for (let chunk = 0; report.rows < rows; chunk += 1) {
    for (const item of rowsOf(seed, chunk).slice(0, rows - report.rows)) {
      try {
        send(item, wires, report);
      } catch (cause) {
        const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
        throw new ForeignRowError(`Row ${report.rows} of seed ${seed}: ${what}\n${itemJson(item)}`, { cause });
      }
      report.rows += 1;
    }
    onProgress?.(report.rows);
  }
  return report;
}

/** A seed of fast-check is 32 bits wide. */
export const drawRows = (seed: number, chunk: number): readonly Item[] =>
  fc.sample(foreignRow, { numRuns: CHUNK_ROWS, seed: (seed * 1_000_003 + chunk) | 0 });

function send(item: Item, wires: readonly Wire[], report: ScaleReport): void {
  const event = eventOf(item, report);
  if (!isDeepStrictEqual(eventOf(inStream(item)), event)) throw new Error("its stream record is another event");
  if (event === undefined) return;
  report.events += 1;
  if (event.orderingKey !== undefined) report.ordered += 1;
  for (const reason of event.nonconformities ?? []) add(report.nonconforming, reason);
  compareWithSchema(event, report);
  const expected = expectedOf(item);
  for (const wire of wires) {
    if (wire.conforming && event.nonconformities !== undefined) continue;
    sendOver(wire, event, expected, report);
  }
}

function sendOver(wire: Wire, event: OutboxEvent, expected: Arrived, { arrived, refused }: ScaleReport): void {
  const { name, refusalOf, arrive, bytes = false, parts = PARTS } = wire;
  const refusal = refusalOf?.(event);
  if (refusal === undefined) {
    const difference = differenceOf(bytes ? wellFormed(expected) : expected, arrive(event), parts);
    if (difference !== undefined) throw new Error(`over ${name}: ${difference}`);
    add(arrived, name);
  } else {
    if (refusal.kind !== "failed" || refusal.failure.message === "")
      throw new Error(`${name} refuses it without a reason`);
    add(refused, `${name}: ${refusal.failure.code}`);
  }
}

function eventOf(item: Item, report?: ScaleReport): OutboxEvent | undefined {
  const decoded = decodeItem(item);
  if (decoded.kind === "reserved") {
    if (report !== undefined) report.reserved += 1;
    return undefined;
  }
  const { content } = decoded.row;
  if (content.kind === "event") return content.event;
  if (content.row.reason === "") throw new Error("it is malformed without a reason");
  if (report !== undefined) add(report.malformed, attributeIn(content.row.reason));
  return undefined;
}

/** A reason begins with the name of the attribute, or says `the attribute` of one that the contract does not name. */
const attributeIn = (reason: string): string =>
  reason.startsWith("the attribute ") ? "an extension" : (reason.split(/[ :]/, 1)[0] ?? "");

/** RFC 3339 allows a leap second in every zone, and the validator of the SDK at 23:59 of the event's own alone. */
const LEAP_SECOND = /:60/;

function compareWithSchema(event: OutboxEvent, report: ScaleReport): void {
  if (isOfficial(JSON.parse(event.json))) return;
  report.refusedBySchema += 1;
  if (event.nonconformities === undefined && !LEAP_SECOND.test(event.time)) {
    throw new Error(`the schema of CloudEvents refuses it, and it counts as conforming: ${event.json}`);
  }
}

function differenceOf(
  expected: Arrived,
  arrived: Arrived | undefined,
  parts: readonly (keyof Arrived)[],
): string | undefined {
  if (arrived === undefined) return "nothing arrived";
  for (const part of parts) {
    const as = part === "partitionkey" || part === "sequence" ? textOf : same;
    if (!isDeepStrictEqual(as(arrived[part]), as(expected[part]))) {
      return `${part} is ${JSON.stringify(arrived[part])}, not ${JSON.stringify(expected[part])}`;
    }
  }
  return undefined;
}

const same = (value: unknown): unknown => value;
/** Some bindings have no numbers. */
const textOf = (value: unknown): unknown => (value === undefined ? undefined : String(value));

/** A text of the event as UTF-8 has it. */
const wellFormed = ({ data, id, partitionkey, ...rest }: Arrived): Arrived => ({
  ...rest,
  ...{ id: wellFormedText(id), partitionkey: wellFormedText(partitionkey) },
  ...(data === undefined ? {} : { data: wellFormedText(data) }),
});
const wellFormedText = (value: unknown): unknown => (typeof value === "string" ? value.toWellFormed() : value);

const add = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
