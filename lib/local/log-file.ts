import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const TAIL_BYTES = 16_384;
const TAIL_LINES = 15;

/** The last lines of a log, indented for showing below a message; empty when there is none. */
export function lastLines(file: string, lines = TAIL_LINES): string {
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch {
    // No log was written yet: the message stands alone.
    return "";
  }
  try {
    const { size } = fstatSync(handle);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(handle, tail, 0, tail.length, size - tail.length);
    return tail
      .toString("utf8")
      .trimEnd()
      .split("\n")
      .slice(-lines)
      .map((line) => `    ${line}`)
      .join("\n");
  } finally {
    closeSync(handle);
  }
}
