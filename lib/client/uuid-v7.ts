import { randomBytes } from "node:crypto";

/** Bits of the counter: 12 behind the version, 14 behind the variant. */
const COUNTER_BITS = 26;
const MAX_COUNTER = 2 ** COUNTER_BITS - 1;

/**
 * Makes UUIDs of version 7, each greater than the one before: milliseconds, a counter, 48 random bits. With each new
 * millisecond the counter begins at a random number. While the clock stands, or after it went back, the last millisecond
 * stays and the counter goes on; a full counter moves to the next millisecond.
 *
 * https://www.rfc-editor.org/rfc/rfc9562.html#name-monotonicity-and-counters (method 1)
 */
export function uuidV7s(now: () => number, random: (bytes: number) => Buffer = randomBytes): () => string {
  let lastMs = Number.NEGATIVE_INFINITY;
  let counter = 0;
  return () => {
    const bytes = random(16);
    const nowMs = now();
    if (nowMs > lastMs) {
      lastMs = nowMs;
      counter = bytes.readUInt32BE() >>> (32 - COUNTER_BITS);
    } else if (counter < MAX_COUNTER) {
      counter += 1;
    } else {
      lastMs += 1;
      counter = 0;
    }
    bytes.writeUIntBE(lastMs, 0, 6);
    bytes.writeUInt16BE(0x7000 | (counter >>> 14), 6);
    bytes.writeUInt16BE(0x8000 | (counter & 0x3fff), 8);
    return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };
}

/** A new id, greater than every other that this process made. */
export const uuidV7 = uuidV7s(Date.now);
