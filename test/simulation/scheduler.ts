import { setImmediate as afterEvents } from "node:timers/promises";
import { onAbort } from "../../lib/core/on-abort.ts";

/** A process of the simulated world: a Lambda environment, a service, or the world itself. */
export interface Actor {
  readonly name: string;
  dead: boolean;
}

/** An await point at which an actor still waits. */
export interface Pending {
  readonly actor: Actor;
  readonly name: string;
  /** For the trace alone. */
  readonly detail: string;
  readonly atMs: number;
  /**
   * The number of its operation among those of its actor. What the actor has learnt decides its operations, so together with
   * that this number identifies the operation and all its arguments. 0 for what happens by itself.
   */
  readonly serial: number;
  /** True for what keeps to the clock even in a hasty run: schedules and time-outs. */
  readonly punctual?: boolean;
  /** What the actor learns here, as a string. Absent for a request, and for what happens by itself. */
  readonly result?: () => string;
  readonly fire: () => void;
}

/** What the scheduler may do to an operation instead of letting it go on. */
export interface Interference {
  /** Asked before each await point goes on. True: the actor dies here, and none of its points ever goes on. */
  crashes(actor: Actor, point: string): boolean;
  /** How long a request, or its answer, takes, in milliseconds. */
  delayMs(point: string, isAnswer: boolean): number;
  /** True: any point may be the next one, for example a timer before answers that arrived long ago. Asked each time. */
  readonly timeless: boolean;
}

/** Picks one of `count` possibilities, by its index. */
export type Choose = (count: number) => number;

/**
 * Decides every interleaving of a run, by one source of choices.
 *
 * Each operation of an actor has two await points: its request reaching the service, where the effect happens, and the
 * answer reaching the actor. Any enabled point may be the next one. Time passes when nothing is enabled.
 */
export class Scheduler {
  /** Called when an actor is about to learn something. That, with the time, is all that its future can depend on. */
  onLearn: ((pending: Pending) => void) | undefined;
  nowMs = Date.parse("2026-01-01T00:00:00Z");
  /** Counts the points that went on: an instant of the run, finer than time. */
  instant = 0;
  readonly visited = new Map<string, number>();
  trace: ((line: string) => void) | undefined;
  /** Called for each point before it goes on, with `true` if its actor dies there instead. */
  onPoint: ((pending: Pending, crashes: boolean) => void) | undefined;
  /** Called with what an actor tells besides its calls: metrics and logs. */
  onTold: ((actor: Actor, what: string, value: string) => void) | undefined;
  #pending: Pending[] = [];
  readonly #serials = new Map<Actor, number>();
  readonly #choose: Choose;
  readonly #interference: Interference;

  constructor(choose: Choose, interference: Interference) {
    this.#choose = choose;
    this.#interference = interference;
  }

  /** The points that have not gone on yet, of living actors. */
  get pending(): readonly Pending[] {
    return this.#pending.filter(({ actor }) => !actor.dead);
  }

  /** An operation on a service: `effect` happens when the request arrives, and its answer or its error comes later. */
  call<Answer>(actor: Actor, name: string, effect: () => Answer, detail = ""): Promise<Answer> {
    const serial = this.#nextSerial(actor);
    return new Promise((resolve, reject) => {
      const answers = (result: () => string, learn: () => void) => {
        const answer = joined(name, "answers");
        const atMs = this.nowMs + this.#interference.delayMs(answer, true);
        this.#add({ actor, name: answer, detail, serial, atMs, result, fire: learn });
      };
      const fire = () => {
        let answer: Answer;
        try {
          answer = effect();
        } catch (error) {
          answers(
            () => `fails: ${String(error)}`,
            () => reject(error),
          );
          return;
        }
        answers(
          () => JSON.stringify(answer) ?? "",
          () => resolve(answer),
        );
      };
      const atMs = this.nowMs + this.#interference.delayMs(name, false);
      this.#add({ actor, name, detail, serial, atMs, fire });
    });
  }

  sleep(actor: Actor, ms: number, over?: AbortSignal): Promise<void> {
    const serial = this.#nextSerial(actor);
    const atMs = this.nowMs + Math.max(0, ms);
    return new Promise((wake) => {
      const fire = () => {
        stopListening();
        wake();
      };
      const pending: Pending = { actor, name: "wakes", detail: "", serial, atMs, result: () => "", fire };
      this.#add(pending);
      const stopListening = onAbort(over, () => {
        this.#pending = this.#pending.filter((each) => each !== pending);
      });
    });
  }

  /** Something that happens by itself at a time. */
  at(actor: Actor, name: string, atMs: number, happen: () => void): void {
    this.#add({ actor, name, detail: "", serial: 0, atMs, fire: happen });
  }

  /** The same, for events that never come early. */
  punctually(actor: Actor, name: string, atMs: number, happen: () => void): void {
    this.#add({ actor, name, detail: "", serial: 0, atMs, punctual: true, fire: happen });
  }

  #nextSerial(actor: Actor): number {
    const serial = (this.#serials.get(actor) ?? 0) + 1;
    this.#serials.set(actor, serial);
    return serial;
  }

  #add(pending: Pending): void {
    if (!pending.actor.dead) this.#pending.push(pending);
  }

  /** Goes on until `done`, or until the points run out. Resolves with whether it was done. */
  async run(done: () => boolean, maxPoints: number): Promise<boolean> {
    // Once per run the thread's own events get a turn: messages and signals.
    await afterEvents();
    for (let points = 0; points < maxPoints; points += 1) {
      await afterMicrotasks();
      if (done()) return true;
      const next = this.#take();
      if (next === undefined) return false;
      this.instant += 1;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      const point = joined(kindOf(next.actor.name), next.name);
      if (this.#interference.crashes(next.actor, point)) {
        this.trace?.(`${next.actor.name} CRASHES before: ${next.name} ${next.detail}`);
        this.onPoint?.(next, true);
        continue;
      }
      this.visited.set(point, (this.visited.get(point) ?? 0) + 1);
      this.trace?.(`${next.actor.name} ${next.name} ${next.detail}`);
      this.onPoint?.(next, false);
      if (next.result !== undefined) this.onLearn?.(next);
      next.fire();
    }
    return false;
  }

  #take(): Pending | undefined {
    if (this.#pending.some(({ actor }) => actor.dead)) this.#pending = this.#pending.filter(({ actor }) => !actor.dead);
    const alive = this.#pending;
    if (alive.length === 0) return undefined;
    if (this.#interference.timeless) {
      // In haste every point may be next, as if all others were slow.
      const hasty = alive.filter(({ punctual }) => punctual !== true);
      const next = hasty[this.#choose(hasty.length)] ?? alive[0];
      this.#pending = alive.filter((each) => each !== next);
      return next;
    }
    let nowMs = Number.POSITIVE_INFINITY;
    for (const { atMs } of alive) nowMs = Math.min(nowMs, atMs);
    nowMs = Math.max(this.nowMs, nowMs);
    const enabled: Pending[] = [];
    for (const each of alive) if (each.atMs <= nowMs) enabled.push(each);
    const next = enabled[this.#choose(enabled.length)];
    if (next !== undefined) alive.splice(alive.indexOf(next), 1);
    return next;
  }
}

/**
 * Resolves when every promise job has run, so that all actors stand at their await points. Node runs the tick queue only when
 * V8's job queue is empty. The detour by a job makes sure that the tick is queued behind it.
 */
export const afterMicrotasks = (): Promise<void> =>
  new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));

const names = new Map<string, Map<string, string>>();

/** Joins two words once for each pair: a string that is joined again is hashed again at every look-up. */
function joined(one: string, other: string): string {
  const ofOne = names.get(one) ?? new Map<string, string>();
  names.set(one, ofOne);
  const known = ofOne.get(other);
  if (known !== undefined) return known;
  const name = `${one} ${other}`;
  ofOne.set(other, name);
  return name;
}

const kinds = new Map<string, string>();

/** An actor's name without its number. */
function kindOf(name: string): string {
  const known = kinds.get(name);
  if (known !== undefined) return known;
  const kind = name.replace(/\d+$/, "");
  kinds.set(name, kind);
  return kind;
}
