import { createHash } from "node:crypto";
import type { Scheduler } from "../scheduler.ts";
import { simulate } from "../simulate.ts";
import type { Storm } from "../storms/scenario-shape.ts";

const HASH_CHARACTERS = 12;

/**
 * A short hash of everything that a seed's actors asked of the services, with arguments, answers and times, and of what each
 * kind of actor counted and logged in sum. Words are told apart and not read. So the hash stays the same when an operation, a
 * field or a kind of answer is renamed, and changes with one call more, or with another order. Metrics keep their names, which
 * are frozen.
 */
export async function digestOf(seed: number, storm?: Storm): Promise<string> {
  const hash = createHash("sha256");
  const told = new Map<string, number>();
  const places = new Map<string, number>();
  const place = (word: string): string => {
    const known = places.get(word) ?? places.size;
    places.set(word, known);
    return `#${known}`;
  };
  const watch = (scheduler: Scheduler) => {
    scheduler.onPoint = ({ actor, name, detail, result }, crashes) => {
      hash.update(`${scheduler.nowMs} ${actor.name} ${place(name)} ${crashes} ${withoutWords(detail, place)}`);
      if (!crashes && result !== undefined) hash.update(withoutWords(result(), place));
      hash.update("\n");
    };
    scheduler.onTold = ({ name }, what, value) => {
      // The words of a log line may change; the number of log lines may not.
      const entry = `${name.replace(/\d+$/, "")} ${what.replace(/^(logs \w+).*$/s, "$1")}`;
      told.set(entry, (told.get(entry) ?? 0) + Number(value));
    };
  };
  await simulate({ seed, storm }, undefined, watch);
  for (const [entry, sum] of [...told].sort()) hash.update(`${entry} ${sum}\n`);
  return hash.digest("hex").slice(0, HASH_CHARACTERS);
}

const FIELD = /"[A-Za-z]\w*":/g;
const WORD = /\b[A-Za-z]+(?:-[a-z]+)*\b/g;

/** What the target calls an event: nothing that is asked depends on it. */
const TARGET_RECEIPT = /,"receipt":\{[^{}]*\}/g;

/**
 * Leaves out the names of fields. Each word that is not an event, a key or a number is replaced by its index among the words
 * met so far.
 */
const withoutWords = (text: string, place: (word: string) => string): string =>
  text.replace(TARGET_RECEIPT, "").replace(FIELD, "").replace(WORD, place);

/** One hash of many. */
export const digestOfAll = (digests: readonly string[]): string =>
  createHash("sha256").update(digests.join("\n")).digest("hex").slice(0, HASH_CHARACTERS);
