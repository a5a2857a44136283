import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReplaySpill } from "../../core/replay/replay-ports.ts";
import { OperatorError } from "../operator-error.ts";

/** UTF-16 code units of a partition that are kept in memory until they are written in one piece. */
const CHUNK = 32_000;

interface Partition {
  waiting: string[];
  size: number;
  readonly pieces: Piece[];
}

/** A place in the file, in bytes. */
interface Piece {
  readonly at: number;
  readonly length: number;
}

/**
 * Spills into one temporary file. The file has no name any more once it is open, so the system gives its space back however
 * the process ends. It holds ids, types and keys, and of a replay the events too.
 *
 * @returns what the work comes to.
 * @throws OperatorError where the folder cannot be written to, or is full.
 */
export async function withSpillFile<Result>(
  work: (spill: ReplaySpill) => Promise<Result>,
  folder: string = tmpdir(),
): Promise<Result> {
  const file = explaining(folder, () => openNameless(folder));
  try {
    return await work(spillInto(file, folder));
  } finally {
    closeSync(file);
  }
}

function openNameless(folder: string): number {
  const own = mkdtempSync(join(folder, "outbox-relay-audit-"));
  try {
    return openSync(join(own, "spill"), "wx+", 0o600);
  } finally {
    rmSync(own, { recursive: true });
  }
}

function spillInto(file: number, folder: string): ReplaySpill {
  const partitions = new Map<number, Partition>();
  let end = 0;

  function append(text: string): Piece {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) {
      written += explaining(folder, () => writeSync(file, bytes, written, bytes.length - written, end + written));
    }
    const piece = { at: end, length: bytes.length };
    end += bytes.length;
    return piece;
  }

  function write(partition: Partition): void {
    partition.pieces.push(append(partition.waiting.join("")));
    partition.waiting = [];
    partition.size = 0;
  }

  return {
    add(number, text) {
      const partition = partitions.get(number) ?? { waiting: [], size: 0, pieces: [] };
      partitions.set(number, partition);
      partition.waiting.push(`${text}\n`);
      partition.size += text.length + 1;
      if (partition.size >= CHUNK) write(partition);
    },
    *read(number) {
      const partition = partitions.get(number);
      if (partition === undefined) return;
      for (const { at, length } of partition.pieces) yield* linesOf(bytesAt(file, at, length).toString("utf8"));
      yield* linesOf(partition.waiting.join(""));
    },
    keep: append,
    recall: ({ at, length }) => bytesAt(file, at, length).toString("utf8"),
  };
}

function bytesAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let read = 0; read < length; ) {
    const more = readSync(file, bytes, read, length - read, at + read);
    if (more === 0) throw new Error("The temporary file has become shorter");
    read += more;
  }
  return bytes;
}

/** A piece holds whole lines. */
const linesOf = (text: string): readonly string[] => text.split("\n").slice(0, -1);

const UNUSABLE = new Set(["ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "EFBIG"]);

function explaining<Value>(folder: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!UNUSABLE.has(code)) throw error;
    throw new OperatorError(
      "failed",
      "The command needs a temporary file of about 300 bytes for each event, and for the events themselves where it puts them " +
        `again, and ${folder} does not take it (${code}): set TMPDIR to a folder with room.`,
      { cause: error },
    );
  }
}
