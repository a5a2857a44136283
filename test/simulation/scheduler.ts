import { setImmediate as afterMicrotasks } from "node:timers/promises";

/** A process of the simulated world: a Lambda environment, a service, or the world itself. */
export interface Actor {
  readonly name: string;
  dead: boolean;
}

interface Pending {
  readonly actor: Actor;
  readonly name: string;
  /** For the trace alone. */
  readonly detail: string;
  readonly atMs: number;
  readonly fire: () => void;
}

/** What the scheduler may do to an operation instead of letting it go on. */
export interface Interference {
  /** Asked before each await point goes on. True: the actor dies here, and nothing of it ever goes on. */
  crashes(actor: Actor, point: string): boolean;
  /** Milliseconds by which an answer is late, mostly 0. */
  delayMs(actor: Actor, point: string): number;
  /** True: a timer may fire before answers that are long on their way. */
  readonly timeless: boolean;
}

/** Picks one of `count` possibilities, by its place. */
export type Choose = (count: number) => number;

/**
 * Decides every interleaving of a run, by one source of choices.
 *
 * Each operation of an actor has two await points: its request reaching the service, where the effect happens, and the
 * answer reaching the actor. Any enabled point may be the next one. Time passes when nothing is enabled.
 */
export class Scheduler {
  /** Told what an actor learns, when it learns it: all that its future can depend on. */
  onLearn: ((actor: Actor, what: string) => void) | undefined;
  nowMs = Date.parse("2026-01-01T00:00:00Z");
  /** Counts the points that went on: an instant of the run, finer than time. */
  instant = 0;
  readonly visited = new Map<string, number>();
  trace: ((line: string) => void) | undefined;
  #pending: Pending[] = [];
  readonly #choose: Choose;
  readonly #interference: Interference;

  constructor(choose: Choose, interference: Interference) {
    this.#choose = choose;
    this.#interference = interference;
  }

  /** What has not gone on yet, each as a text. */
  get pending(): readonly string[] {
    return this.#pending.map(({ actor, name, detail, atMs }) => `${actor.name} ${name} ${detail} ${atMs}`);
  }

  /** An operation on a service: `effect` happens when the request arrives, and its answer or its error comes later. */
  call<Answer>(actor: Actor, name: string, effect: () => Answer, detail = ""): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#add({
        actor,
        name,
        detail,
        atMs: this.nowMs,
        fire: () => {
          const settle = attempted(
            effect,
            (answer) => {
              this.onLearn?.(actor, `${name} ${JSON.stringify(answer)}`);
              resolve(answer);
            },
            (error) => {
              this.onLearn?.(actor, `${name} fails`);
              reject(error);
            },
          );
          const atMs = this.nowMs + this.#interference.delayMs(actor, name);
          this.#add({ actor, name: `${name} answers`, detail, atMs, fire: settle });
        },
      });
    });
  }

  sleep(actor: Actor, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const fire = () => {
        this.onLearn?.(actor, `wakes ${this.nowMs}`);
        resolve();
      };
      this.#add({ actor, name: "wakes", detail: "", atMs: this.nowMs + Math.max(0, ms), fire });
    });
  }

  /** Something that happens by itself at a time. */
  at(actor: Actor, name: string, atMs: number, happen: () => void): void {
    this.#add({ actor, name, detail: "", atMs, fire: happen });
  }

  #add(pending: Pending): void {
    if (!pending.actor.dead) this.#pending.push(pending);
  }

  /** Goes on until `done`, or until the points run out. Resolves with whether it was done. */
  async run(done: () => boolean, maxPoints: number): Promise<boolean> {
    for (let points = 0; points < maxPoints; points += 1) {
      await afterMicrotasks();
      if (done()) return true;
      const next = this.#take();
      if (next === undefined) return false;
      this.instant += 1;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      const point = `${next.actor.name.replace(/\d+$/, "")} ${next.name}`;
      if (this.#interference.crashes(next.actor, point)) {
        this.trace?.(`${next.actor.name} CRASHES before: ${next.name} ${next.detail}`);
        continue;
      }
      this.visited.set(point, (this.visited.get(point) ?? 0) + 1);
      this.trace?.(`${next.actor.name} ${next.name} ${next.detail}`);
      next.fire();
    }
    return false;
  }

  #take(): Pending | undefined {
    const alive = this.#pending.filter(({ actor }) => !actor.dead);
    this.#pending = alive;
    if (alive.length === 0) return undefined;
    const nowMs = Math.max(this.nowMs, Math.min(...alive.map(({ atMs }) => atMs)));
    // Where time is no guide, every point may be next, as if all others were slow.
    const enabled = this.#interference.timeless ? alive : alive.filter(({ atMs }) => atMs <= nowMs);
    const next = enabled[this.#choose(enabled.length)];
    this.#pending = alive.filter((each) => each !== next);
    return next;
  }
}

function attempted<Answer>(
  effect: () => Answer,
  resolve: (answer: Answer) => void,
  reject: (error: unknown) => void,
): () => void {
  try {
    const answer = effect();
    return () => resolve(answer);
  } catch (error) {
    return () => reject(error);
  }
}
