import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CorruptLine, decodeLine, type NotedLine } from "../../../contract/archive/archive-line.ts";

/** What an object holds. */
export interface ObjectLines {
  /** Without the events themselves, but for those that are wanted. */
  readonly lines: readonly NotedLine[];
  readonly corrupt: readonly { readonly line: number; readonly why: string }[];
}

/** An object that is not gzip of lines. Nothing of it counts, for its checksum stands at its end. */
export class CorruptObject extends Error {
  override readonly name = "CorruptObject";
}

/** A line is an event's, whose payload unfolds to 8 MB at most, and as JSON text within JSON may be twice as long. */
const MOST_LINE_BYTES = 32 * 1024 * 1024;
const LINE_END = 0x0a;

/**
 * Reads an object's lines while it comes.
 *
 * @throws CorruptObject where it does not unpack. Errors of the stream that brings it pass as they are.
 */
export async function objectLines(
  body: Readable,
  wantsEvent: (line: NotedLine) => boolean = () => false,
): Promise<ObjectLines> {
  const lines: NotedLine[] = [];
  const corrupt: { line: number; why: string }[] = [];
  let number = 0;
  const take = (bytes: Buffer) => {
    number += 1;
    try {
      const line = decodeLine(bytes.toString("utf8"));
      lines.push(wantsEvent(line) ? line : withoutEvent(line));
    } catch (error) {
      if (!(error instanceof CorruptLine)) throw error;
      corrupt.push({ line: number, why: error.message });
    }
  };
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const piece of unpacked(body)) {
    let from = 0;
    for (let end = piece.indexOf(LINE_END); end >= 0; end = piece.indexOf(LINE_END, from)) {
      take(Buffer.concat([...begun, piece.subarray(from, end)]));
      begun = [];
      begunBytes = 0;
      from = end + 1;
    }
    if (from < piece.length) begun.push(piece.subarray(from));
    begunBytes += piece.length - from;
    if (begunBytes > MOST_LINE_BYTES) throw new CorruptObject(`its line ${number + 1} is longer than any event`);
  }
  // A line without its end is read like the others: it is whole, or it is not JSON.
  if (begunBytes > 0) take(Buffer.concat(begun));
  if (number === 0) throw new CorruptObject("it is empty");
  return { lines, corrupt };
}

async function* unpacked(body: Readable): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // The stream that comes in tells its own errors.
  let failed: { readonly error: unknown } | undefined;
  body.once("error", (error) => {
    failed = { error };
    gunzip.destroy();
  });
  body.pipe(gunzip);
  try {
    for await (const piece of gunzip) yield piece as Buffer;
    if (failed !== undefined) throw failed.error;
  } catch (error) {
    if (failed !== undefined) throw failed.error;
    if (!isOfZlib(error)) throw error;
    throw new CorruptObject(`it does not unpack: ${error.message}`, { cause: error });
  } finally {
    body.destroy();
    gunzip.destroy();
  }
}

const isOfZlib = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");

function withoutEvent({ note, line }: NotedLine): NotedLine {
  if (line.line === "met" || line.event === undefined) return { note, line };
  const { event: _event, ...rest } = line;
  return { note, line: rest };
}
