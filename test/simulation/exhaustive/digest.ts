/** A hash of a string, 64 bits as two numbers. */
export type Digest = readonly [number, number];

export const EMPTY: Digest = [0x243f6a88, 0x13198a2e];

/**
 * Digests a string, and goes on from another digest. Two halves with their own multipliers are mixed into each other at the
 * end.
 */
export function digestOf(text: string, [one, two]: Digest = EMPTY): Digest {
  let a = one;
  let b = two;
  for (let place = 0; place < text.length; place += 1) {
    const code = text.charCodeAt(place);
    a = Math.imul((a << 13) | (a >>> 19), 5) + Math.imul(code ^ 0x5bd1e995, 0xcc9e2d51);
    b = Math.imul(((b << 7) | (b >>> 25)) ^ code, 0x85ebca6b);
  }
  a = mixed(a ^ text.length) ^ Math.imul(b, 0x27d4eb2f);
  b = mixed(b) ^ Math.imul(a, 0x165667b1);
  return [mixed(a), mixed(b)];
}

function mixed(number: number): number {
  let hash = number ^ (number >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

/** A set of digests, 8 bytes each: a set of strings would not hold millions. */
export class DigestSet {
  size = 0;
  #table = new Int32Array(2 * 2 ** 12);

  /** Adds a digest. False when the set has it already. */
  add(digest: Digest): boolean {
    if (this.size * 4 > this.#table.length) this.#grow();
    if (!insert(this.#table, digest)) return false;
    this.size += 1;
    return true;
  }

  #grow(): void {
    const larger = new Int32Array(this.#table.length * 2);
    for (let place = 0; place < this.#table.length; place += 2) {
      const one = this.#table[place] ?? 0;
      const two = this.#table[place + 1] ?? 0;
      if (one !== 0 || two !== 0) insert(larger, [one, two]);
    }
    this.#table = larger;
  }
}

/** Open addressing. A pair of zeros is a free place; the one digest in 2^64 that equals it counts as new each time. */
function insert(table: Int32Array, [one, two]: Digest): boolean {
  const mask = table.length / 2 - 1;
  for (let slot = one & mask; ; slot = (slot + 1) & mask) {
    const place = slot * 2;
    const first = table[place];
    const second = table[place + 1];
    if (first === one && second === two) return one === 0 && two === 0;
    if (first === 0 && second === 0) {
      table[place] = one;
      table[place + 1] = two;
      return true;
    }
  }
}
