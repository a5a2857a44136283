import { decodeLine, type NotedLine } from "../../lib/contract/archive/archive-line.ts";
import type { Archive, Clock } from "../../lib/core/ports.ts";

/** What becomes of one object. */
export interface ObjectFate {
  /** How long its answer takes. @default 50 */
  readonly ms?: number;
  /** @default true */
  readonly isKept?: boolean;
  /** Whether the caller hears that it is kept. @default as it is */
  readonly isHeard?: boolean;
}

export const REFUSED: ObjectFate = { isKept: false };
export const ANSWER_LOST: ObjectFate = { isHeard: false };

export const OBJECT_MS = 50;
export const NOTE_MS = 10;

/** An archive that keeps objects as it is told to, and remembers when it was asked. */
export class ScriptedArchive implements Archive {
  /** Asked for each object, with its place among those that were tried. */
  fate: (attempt: number) => ObjectFate = () => ({});
  /** Asked for each note. */
  takesNotes: (attempt: number) => boolean = () => true;
  readonly attempts: { readonly atMs: number; readonly lines: readonly NotedLine[] }[] = [];
  readonly objects: (readonly NotedLine[])[] = [];
  /** Hours that are noted to lack lines, by when they begin, and each time that somebody asked for a note. */
  readonly noted = new Set<number>();
  readonly notes: { readonly atMs: number; readonly fromMs: number }[] = [];
  mostAtOnce = 0;
  #underWay = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async write(texts: readonly string[]): Promise<void> {
    const lines = texts.map(decodeLine);
    const { ms = OBJECT_MS, isKept = true, isHeard = isKept } = this.fate(this.attempts.length);
    this.attempts.push({ atMs: this.#clock.now(), lines });
    this.#underWay += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay);
    await this.#clock.sleep(ms);
    this.#underWay -= 1;
    if (isKept) this.objects.push(lines);
    if (!isHeard) throw new Error("The archive cannot be heard of");
  }

  async noteMissing(fromMs: number): Promise<void> {
    const isTaken = this.takesNotes(this.notes.length);
    this.notes.push({ atMs: this.#clock.now(), fromMs });
    await this.#clock.sleep(NOTE_MS);
    if (!isTaken) throw new Error("The journal cannot be written");
    this.noted.add(fromMs);
  }

  /** The ids of the events in each object that was tried. */
  get tried(): readonly (readonly string[])[] {
    return this.attempts.map(({ lines }) => idsIn(lines));
  }

  /** The same of the objects that are kept. */
  get kept(): readonly (readonly string[])[] {
    return this.objects.map(idsIn);
  }
}

const idsIn = (lines: readonly NotedLine[]): readonly string[] => lines.map(({ line }) => line.id ?? "");
