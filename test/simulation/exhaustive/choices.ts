import type { FaultSource } from "../faults.ts";
import type { Fault } from "../storms/fault-names.ts";

/** A way through a world: which alternative was taken at each choice. */
export type Path = readonly number[];

/** A path to explore later, and the note that was current at its last choice. */
export interface Turn<Note> {
  readonly path: Path;
  readonly note: Note | undefined;
}

/** Replays a path of choices. Then it takes the first alternative each time, and remembers the others. */
export class Choices<Note> {
  readonly taken: number[] = [];
  /** Kept with every choice, so that a replay need not compute it again. */
  note: Note;
  /** Once set, choices are no longer part of the search. */
  settled = false;
  readonly #turn: Turn<Note>;
  readonly #counts: number[] = [];
  readonly #notes: Note[] = [];

  constructor(turn: Turn<Note>, note: Note) {
    this.#turn = turn;
    this.note = note;
  }

  get isReplaying(): boolean {
    return this.taken.length < this.#turn.path.length;
  }

  choose(count: number): number {
    if (count <= 1 || this.settled) return 0;
    const place = this.taken.length;
    const choice = this.#turn.path[place] ?? 0;
    if (choice >= count)
      throw new RangeError(`Choice ${place} of the path is ${choice}: there are ${count} alternatives`);
    if (place === this.#turn.path.length - 1 && this.#turn.note !== undefined) this.note = this.#turn.note;
    this.taken.push(choice);
    this.#counts.push(count);
    this.#notes.push(this.note);
    return choice;
  }

  /** Every alternative to this path behind the replayed part. */
  turns(): readonly Turn<Note>[] {
    const turns: Turn<Note>[] = [];
    for (let place = this.#turn.path.length; place < this.taken.length; place += 1) {
      const before = this.taken.slice(0, place);
      for (let other = 1; other < (this.#counts[place] ?? 1); other += 1) {
        turns.push({ path: [...before, other], note: this.#notes[place] });
      }
    }
    return turns;
  }
}

/** Faults as another kind of choice: each may happen wherever it can, up to this many in a run. */
export class ChosenFaults implements FaultSource {
  left: number;
  onFault: ((fault: Fault) => void) | undefined;
  readonly #allowed: ReadonlySet<Fault>;
  readonly #choose: (count: number) => number;

  constructor(allowed: readonly Fault[], budget: number, choose: (count: number) => number) {
    this.left = budget;
    this.#allowed = new Set(allowed);
    this.#choose = choose;
  }

  happens(fault: Fault): boolean {
    if (this.left === 0 || !this.#allowed.has(fault) || this.#choose(2) === 0) return false;
    this.left -= 1;
    this.onFault?.(fault);
    return true;
  }

  note(): void {}

  heal(): void {
    this.left = 0;
  }
}
