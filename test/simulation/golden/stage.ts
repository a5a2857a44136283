import type { FunctionRole } from "../../../lib/contract/deployment/function-role.ts";
import type { Ordering } from "../../../lib/contract/settings/settings.ts";
import type { StreamRecord } from "../../../lib/core/stream-record.ts";
import type { FaultSource } from "../faults.ts";
import { Ledger } from "../ledger.ts";
import { SimulatedArchive } from "../ports/archive.ts";
import { SimulatedQueue } from "../ports/queue.ts";
import { SimulatedTable } from "../ports/table.ts";
import { SimulatedTarget } from "../ports/target.ts";
import { Process, type Services } from "../process.ts";
import { RELAY_TIMEOUT_MS, REQUEUER_TIMEOUT_MS } from "../scenario.ts";
import { Scheduler } from "../scheduler.ts";
import type { Fault } from "../storms/fault-names.ts";
import type { Scenario } from "../storms/scenario-shape.ts";
import { ServiceError, WORLD, type World } from "../world.ts";
import { plain, relative } from "./plain.ts";

/** How long each answer takes. */
const ANSWER_MS = 10;
const MAX_POINTS = 5_000;
const HALF = () => 0.5;

/** Faults that happen when the script says so: as often as it asks, at the next occasions. */
class ScriptedFaults implements FaultSource {
  readonly #left = new Map<Fault, number>();

  next(fault: Fault, times = 1): void {
    this.#left.set(fault, times);
  }

  happens(fault: Fault): boolean {
    const left = this.#left.get(fault) ?? 0;
    this.#left.set(fault, Math.max(0, left - 1));
    return left > 0;
  }

  note(): void {}

  heal(): void {
    this.#left.clear();
  }
}

export interface StageOptions {
  /** @default none */
  readonly ordering?: Ordering;
  /** The target's existence must be checked, for it acknowledges while it is missing. @default false */
  readonly isChecked?: boolean;
  /** @default false */
  readonly isArchived?: boolean;
}

/** The real code in a scripted world: one thing happens after another, and every step is written down. */
export class Stage {
  readonly lines: string[] = [];
  readonly faults = new ScriptedFaults();
  readonly services: Services;
  readonly ledger = new Ledger(false);
  readonly #scheduler: Scheduler;
  readonly #world: World;
  readonly #scenario: Scenario;
  readonly #startMs: number;
  readonly #processes = new Map<string, Process>();
  #crashPoint: string | undefined;
  #written = 0;
  #repeats = 1;

  constructor({ ordering = "none", isChecked = false, isArchived = false }: StageOptions) {
    this.#scheduler = new Scheduler(() => 0, {
      timeless: false,
      delayMs: (_point, isAnswer) => (isAnswer ? ANSWER_MS : 0),
      crashes: (actor, point) => {
        if (actor === WORLD || point !== this.#crashPoint) return false;
        this.#crashPoint = undefined;
        this.#processes.get(actor.name)?.die();
        return true;
      },
    });
    this.#startMs = this.#scheduler.nowMs;
    const { ledger, faults } = this;
    this.#world = { scheduler: this.#scheduler, faults, ledger, random: HALF, sweep: true };
    this.services = {
      table: new SimulatedTable(this.#world),
      queue: new SimulatedQueue(this.#world, { visibleProbability: 1 }),
      target: new SimulatedTarget(this.#world, isChecked),
      archive: isArchived ? new SimulatedArchive(this.#world) : undefined,
    };
    this.#scenario = {
      ...{ seed: 0, storm: "mixed", sweep: true, calm: false, events: 0, batchSize: 10, keys: 0, ordering },
      ...{
        keyedShare: 1,
        earlyProbability: 0,
        slow: { points: [], ms: 0 },
        visibleProbability: 1,
        tickMs: 0,
        destinations: 1,
        atomicBatches: false,
        operators: false,
      },
      writes: { kind: "spread", spanMs: 0 },
    };
    this.#writeDown();
  }

  #writeDown(): void {
    this.#scheduler.onPoint = ({ actor, name, detail, result }, crashes) => {
      if (crashes) return this.#line(actor.name, `dies before: ${name} ${detail}`);
      if (name === "wakes") return;
      if (result === undefined) this.#line(actor.name, `${name} ${relative(detail, this.#startMs)}`);
      else this.#line(actor.name, `  ${name}: ${plain(result(), this.#startMs)}`);
    };
    this.#scheduler.onTold = (actor, what, value) => {
      if (!what.startsWith("measures"))
        this.#line(actor.name, `  ${what}${what.startsWith("logs") ? "" : ` ${value}`}`);
    };
  }

  #line(who: string, what: string): void {
    const seconds = ((this.#scheduler.nowMs - this.#startMs) / 1_000).toFixed(3);
    const line = `${seconds.padStart(9)}  ${who.padEnd(10)} ${what}`.trimEnd();
    // The segments of a sweep are read side by side.
    if (this.lines.at(-1)?.replace(/ \(\d+ times\)$/, "") !== line) {
      this.lines.push(line);
      this.#repeats = 1;
      return;
    }
    this.#repeats += 1;
    this.lines[this.lines.length - 1] = `${line} (${this.#repeats} times)`;
  }

  /** A line of the story's own words. */
  say(what: string): void {
    this.lines.push("", `# ${what}`);
  }

  /**
   * Commits an event now. Its stream record comes when the story hands it to a relay. `place`: its key and sequence, if it is
   * ordered.
   */
  write(id: string, place?: readonly [pk: string, sk: number], destination?: string): StreamRecord {
    const key = place === undefined ? { pk: id, sk: "1" } : { pk: place[0], sk: String(place[1]) };
    const nowMs = this.#scheduler.nowMs;
    const addressed = destination === undefined ? {} : { destination };
    const row = this.services.table.write({ id, key, recordedAtMs: nowMs, ...addressed });
    this.ledger.commit(id, place?.[0]);
    this.#written += 1;
    return { position: String(this.#written).padStart(4, "0"), writtenAtMs: nowMs, row };
  }

  crashBefore(point: string): void {
    this.#crashPoint = point;
  }

  pass(seconds: number): void {
    this.#scheduler.nowMs += seconds * 1_000;
  }

  relay(name: string, ...records: readonly StreamRecord[]): () => Promise<unknown> {
    return this.#work("relay", name, async (process) => {
      const { checkpoint } = await process.relay(records, RELAY_TIMEOUT_MS);
      this.#line(name, checkpoint === undefined ? "is through" : `is through up to ${checkpoint}`);
    });
  }

  requeuer(name: string): () => Promise<unknown> {
    return this.#work("requeuer", name, async (process) => {
      this.#line(name, `is through: ${await process.requeue(REQUEUER_TIMEOUT_MS)}`);
    });
  }

  #work(role: FunctionRole, name: string, work: (process: Process) => Promise<void>): () => Promise<unknown> {
    return () => {
      const known = this.#processes.get(name);
      const process =
        known === undefined || known.actor.dead
          ? new Process(role, name, this.#world, this.services, this.#scenario, { skewMs: 0, isWatched: true })
          : known;
      this.#processes.set(name, process);
      const died = new Promise<void>((resolve) => {
        process.onDeath = resolve;
      });
      const failed = (error: unknown) => {
        if (!(error instanceof ServiceError)) throw error;
        this.#line(name, `fails: ${error.message}`);
      };
      return Promise.race([work(process).catch(failed), died]);
    };
  }

  /** Runs these side by side to their end. */
  async play(...works: readonly (() => Promise<unknown>)[]): Promise<void> {
    let over = false;
    const all = Promise.all(works.map((work) => work())).finally(() => {
      over = true;
    });
    all.catch(() => undefined);
    await this.#scheduler.run(() => over, MAX_POINTS);
    if (!over) throw new Error(`The story has no end:\n${this.lines.join("\n")}`);
    await all;
  }

  /** Writes down what is left in table and queue, and asserts what must hold in every story. */
  end(): void {
    const { table, queue, archive } = this.services;
    const rows = table.rows.map((row) => plain(JSON.stringify(row), this.#startMs));
    const parkedKeys = table.parkedKeys.map((parkedKey) => plain(JSON.stringify(parkedKey), this.#startMs));
    const causes = [...this.ledger.duplicates].map(([cause, count]) => `${count}: ${cause}`).join(", ");
    this.lines.push("", "# At the end");
    this.lines.push(`table: ${rows.join("; ") || "empty"}`, `parked keys: ${parkedKeys.join("; ") || "none"}`);
    this.lines.push(`lease: ${table.lease?.owner ?? "none"}`, `dead letters: ${queue.size}`);
    if (archive !== undefined) {
      const objects = archive.objects.map(({ lines }) => lines.map(({ line }) => `${line.line} ${line.id}`).join(", "));
      const hours = [...archive.noted].map((hourMs) => new Date(hourMs).toISOString());
      this.lines.push(
        `archive: ${objects.join("; ") || "empty"}`,
        `hours that lack lines: ${hours.join(", ") || "none"}`,
      );
    }
    this.lines.push(`duplicates: ${causes || "none"}`);
    this.lines.push(`violations: ${this.ledger.violations.join("; ") || "none"}`);
  }
}
