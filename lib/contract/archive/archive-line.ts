import { FUNCTION_ROLES, type FunctionRole } from "../deployment/function-role.ts";
import type { RowKey } from "../event.ts";
import { type Fields, isRecord, numberOf } from "../foreign-value.ts";
import { canonicalSortKey } from "../sort-key.ts";

/**
 * What the archive holds: lines of NDJSON, each about one event. Written by the functions, read by the audit and by
 * whoever asks the objects with SQL, so the fields are flat and the times are text.
 */
export type ArchiveLine = MetLine | ReceiptLine;

/** How an event is told in a line. A malformed row may lack anything but its key. */
export interface ArchivedEvent extends RowKey {
  readonly id?: string;
  readonly type?: string;
  readonly source?: string;
  /** Where it went, or was to go; a URL without its credentials. */
  readonly destination?: string;
  /** Epoch milliseconds: when its row was written, as far as is known. */
  readonly writtenAtMs?: number;
}

/** The stream brought the event's row to the relay. */
export interface MetLine extends ArchivedEvent {
  readonly line: "met";
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** The row breaks the item contract. */
  readonly malformed?: true;
}

/** The target acknowledged the event, and its row may be deleted. */
export interface ReceiptLine extends ArchivedEvent {
  readonly line: "receipt";
  /** Epoch milliseconds: when the acknowledgement counted. */
  readonly atMs: number;
  readonly id: string;
  readonly role: FunctionRole;
  /** Of the whole address of its destination, of which `destination` may not show all. */
  readonly destinationHash?: string;
  /** Calls made for it in this round, the acknowledged one included. */
  readonly attempts: number;
  /** What the target calls the event: its own ids and places, by name. Absent: it gives none. */
  readonly target?: TargetReceipt;
  /** The target said that it had the event already, and dropped this one. */
  readonly duplicate?: true;
  /** The CloudEvent as JSON text, where payloads are kept. */
  readonly event?: string;
}

/** A target's own names of an acknowledged event, such as `{ eventId }` or `{ partition, offset }`. */
export type TargetReceipt = Readonly<Record<string, string>>;

/**
 * One line of an object, without the line end.
 *
 * @param note names the line: a line that was written twice, because nobody heard the answer, is one.
 */
export function encodeLine(line: ArchiveLine, note: string): string {
  const { atMs, writtenAtMs, ...rest } = line;
  const written = writtenAtMs === undefined ? {} : { written: timeText(writtenAtMs) };
  return JSON.stringify({ note, happened: timeText(atMs), ...written, ...rest });
}

export interface NotedLine {
  readonly note: string;
  readonly line: ArchiveLine;
}

/** @throws CorruptLine where the text is not a line of the archive. */
export function decodeLine(text: string): NotedLine {
  const value = parsedObject(text);
  const { note: _note, happened: _happened, written, ...rest } = value;
  const name = textField(value, "note");
  const times = {
    atMs: timeField(value, "happened"),
    ...(written === undefined ? {} : { writtenAtMs: timeField(value, "written") }),
  };
  if (textField(value, "pk") === "") throw new CorruptLine("its pk is empty");
  const sk = textField(value, "sk");
  // What is read is put in order by it, and shown.
  if (canonicalSortKey(sk) !== sk) throw new CorruptLine("its sk is not a number as DynamoDB writes it");
  for (const optional of OPTIONAL_TEXTS) if (value[optional] !== undefined) textField(value, optional);
  switch (value["line"]) {
    case "met":
      flagField(value, "malformed");
      return { note: name, line: { ...(rest as unknown as MetLine), ...times } };
    case "receipt":
      textField(value, "id");
      flagField(value, "duplicate");
      if (!FUNCTION_ROLES.some((each) => each === value["role"]))
        throw new CorruptLine("its role is none that delivers");
      if (!((numberOf(value["attempts"]) ?? 0) >= 1 && Number.isSafeInteger(value["attempts"]))) {
        throw new CorruptLine("its attempts are not a number of calls");
      }
      if (!isTargetReceipt(value["target"])) throw new CorruptLine("its target is not an object of strings");
      return { note: name, line: { ...(rest as unknown as ReceiptLine), ...times } };
    default:
      throw new CorruptLine("its line is neither met nor receipt");
  }
}

/** A line that is not one of the archive's. The message says why, and holds no payload. */
export class CorruptLine extends Error {
  override readonly name = "CorruptLine";
}

function parsedObject(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CorruptLine("it is not JSON");
  }
  if (!isRecord(value)) throw new CorruptLine("it is not an object");
  return value as Fields;
}

const OPTIONAL_TEXTS = ["id", "type", "source", "destination", "destinationHash", "event"] as const;

const isTargetReceipt = (value: unknown): boolean =>
  value === undefined ||
  (typeof value === "object" && value !== null && Object.values(value).every((each) => typeof each === "string"));

function textField(value: Fields, name: string): string {
  const field = value[name];
  if (typeof field !== "string") {
    throw new CorruptLine(`its ${name} is ${field === undefined ? "missing" : "not a string"}`);
  }
  return field;
}

function flagField(value: Fields, name: string): void {
  if (value[name] !== undefined && value[name] !== true) throw new CorruptLine(`its ${name} is not true`);
}

function timeField(value: Fields, name: string): number {
  const text = textField(value, name);
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || timeText(ms) !== text) throw new CorruptLine(`its ${name} is not a time`);
  return ms;
}

/** A time as the archive writes it, in UTC. Dates that JavaScript cannot write are far outside of anything that a clock says. */
export const timeText = (ms: number): string => new Date(Math.max(0, Math.min(ms, MAX_DATE_MS))).toISOString();
const MAX_DATE_MS = 253_402_300_799_999;
