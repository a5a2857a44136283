import { refusedCall } from "../../../lib/aws/aws-failure.ts";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import type { Failure } from "../../../lib/contract/failure.ts";
import {
  type CheckAnswer,
  type ExistenceChecks,
  type Publisher,
  type PublishResult,
  UNANSWERED,
} from "../../../lib/core/ports.ts";
import { type PutEntry, putResults } from "../../../lib/targets/eventbridge/answers.ts";
import { checkAnswerFor, MET } from "../../engine/target-answers.ts";
import { MEMORY_MS } from "../knowledge.ts";
import type { Poison } from "../poisons.ts";
import type { Actor } from "../scheduler.ts";
import { idsOf, WORLD, type World } from "../world.ts";

/** What the target says of one entry: in the answer to the call, or for itself. */
type EntryAnswer = { readonly entry: PutEntry } | { readonly own: PublishResult };

const TAKEN: EntryAnswer = { entry: { EventId: "1" } };
const UNMENTIONED: EntryAnswer = { entry: {} };
const refusedEntry = (code: string): EntryAnswer => ({ entry: { ErrorCode: code, ErrorMessage: "refused" } });
/** A broker acknowledges each event for itself. */
const unheardOf: EntryAnswer = { own: refusedCall(MET.timeout) };
const notTaken: EntryAnswer = { own: refusedCall(MET.internalFailure) };
const FULL: Failure = { class: "throttled", scope: "target", code: "Nack", message: "full", route: "full" };
const isTaken = (answer: EntryAnswer): boolean => "entry" in answer && answer.entry.EventId !== undefined;

/** The destination of events for which nobody ever answers. */
export const HANGS = "hangs";
/** How long a caller waits for an answer that never comes. */
const TIMEOUT_MS = 5_000;

const POISON_ERRORS: Readonly<Record<Exclude<Poison, "full route">, Error>> = {
  "answers 500": MET.internalFailure,
  "cuts the connection": MET.cut,
  "never answers": MET.timeout,
  "refuses the call": MET.refused,
};

/** A call that failed as a whole. */
function refusedAll(events: readonly OutboxEvent[], error: Error): readonly PublishResult[] {
  const result = refusedCall(error);
  return events.map(() => result);
}

/** The target. It can fail in every way that a call can, and acknowledge for a destination that does not exist. */
export class SimulatedTarget {
  /** While true everything fails by the target's fault. */
  isDown = false;
  /** While true it acknowledges events that nobody gets, as EventBridge does without a bus. */
  isMissing = false;
  readonly poison = new Set<string>();
  /** Events that fail every call they are in. */
  readonly spoilers = new Map<string, Poison>();
  /** Calls to {@link HANGS} are never answered. */
  hangs = false;
  maxEntries = 3;
  atomicBatches = false;
  /** What becomes of checks. */
  checks: "answered" | "denied" | "unanswered" = "answered";
  readonly #world: World;
  readonly #isChecked: boolean;

  /** @param isChecked whether its existence must be checked, for it acknowledges while it is missing. */
  constructor(world: World, isChecked: boolean) {
    this.#world = world;
    this.#isChecked = isChecked;
  }

  /** @param skewMs how far the actor's clock, which its deadlines go by, is ahead of the world's. */
  for(actor: Actor, onPublish: (event: OutboxEvent) => void, skewMs: number): Publisher {
    const { scheduler, ledger, faults } = this.#world;
    return {
      limits: { maxEntries: this.maxEntries, maxBytes: 1_000_000 },
      atomicBatches: this.atomicBatches,
      destinationOf: ({ destination = "target" }) => destination,
      routeOf: ({ id }) => (this.spoilers.get(id) === "full route" ? "full" : "open"),
      bytesOf: ({ json }) => json.length,
      publish: async (destination, events) => {
        if (this.#isChecked) ledger.callsWith(`${actor.name} ${destination}`, scheduler.nowMs);
        const results = await scheduler.call(
          actor,
          "publish",
          () =>
            this.#noted(actor, destination, events, () => {
              for (const event of events) onPublish(event);
              const spoiled = this.#spoiled(destination, events);
              if (spoiled !== undefined) return spoiled;
              if (this.isDown || faults.happens("publish failed")) return refusedAll(events, MET.internalFailure);
              if (faults.happens("publish throttled")) return refusedAll(events, MET.throttled);
              const results = this.#entries(actor, destination, events);
              if (faults.happens("acknowledgement lost")) {
                for (const [index, { id }] of events.entries()) {
                  if (results[index]?.kind === "acknowledged") ledger.excuse(id, "lost acknowledgement");
                }
                return refusedAll(events, MET.timeout);
              }
              return results;
            }),
          `${idsOf(events)} to ${destination}`,
        );
        const waits = destination === HANGS ? this.hangs : this.#poisonIn(events) === "never answers";
        if (waits) await scheduler.sleep(actor, TIMEOUT_MS);
        return results;
      },
      ...(this.#isChecked && { existence: this.#existence(actor, skewMs) }),
    };
  }

  /** Deletes the target right after it was found: the worst case for events that are acknowledged before the answer arrives. */
  #goAway(): void {
    const { scheduler, random } = this.#world;
    this.isMissing = true;
    scheduler.at(WORLD, "bus made again", scheduler.nowMs + random() * 60_000, () => {
      this.isMissing = false;
    });
  }

  #existence(actor: Actor, skewMs: number): ExistenceChecks {
    const { scheduler, ledger, faults } = this.#world;
    return {
      covers: () => true,
      memoryMs: MEMORY_MS,
      checkEveryMs: 0,
      permission: "check",
      check: async (destination, untilMs) => {
        const by = `${actor.name} ${destination}`;
        const check = ledger.knowledge.begin(by, scheduler.nowMs, untilMs - skewMs);
        // The judge goes by what was so, and not by what the code makes of it.
        let truth: CheckAnswer = "exists";
        const look = (): CheckAnswer => {
          truth = this.#looked();
          if (truth !== "exists") return checkAnswerFor(truth);
          ledger.seen(by);
          if (faults.happens("destination missing", 0.1)) this.#goAway();
          return truth;
        };
        const answer = await scheduler.call(actor, "check", look, destination);
        ledger.knowledge.learn(by, check, truth, scheduler.nowMs);
        return answer;
      },
    };
  }

  #looked(): CheckAnswer {
    const { faults } = this.#world;
    if (this.checks === "denied" || faults.happens("check denied")) return "denied";
    if (this.checks === "unanswered" || faults.happens("check throttled")) return "unanswered";
    return this.isMissing ? "missing" : "exists";
  }

  #poisonIn(events: readonly OutboxEvent[]): keyof typeof POISON_ERRORS | undefined {
    for (const { id } of events) {
      const poison = this.spoilers.get(id);
      if (poison !== undefined && poison !== "full route") return poison;
    }
    return undefined;
  }

  /** A call that fails as a whole: its destination never answers, or one of its events spoils it. */
  #spoiled(destination: string, events: readonly OutboxEvent[]): readonly PublishResult[] | undefined {
    const { faults, ledger } = this.#world;
    if (destination === HANGS && this.hangs) {
      faults.note("destination hangs");
      return refusedAll(events, MET.timeout);
    }
    const poison = this.#poisonIn(events);
    if (poison === undefined) return undefined;
    faults.note("one event fails its call");
    if (poison === "refuses the call" && events.length === 1) for (const { id } of events) ledger.failOwn(id);
    return refusedAll(events, POISON_ERRORS[poison]);
  }

  /** Tells the ledger which events were acknowledged, and which failed alone by an unknown fault. */
  #noted(
    { name }: Actor,
    destination: string,
    events: readonly OutboxEvent[],
    publish: () => readonly PublishResult[],
  ): readonly PublishResult[] {
    const { ledger } = this.#world;
    const results = publish();
    for (const [index, { id }] of events.entries()) {
      const result = results[index];
      if (result?.kind === "acknowledged") ledger.acknowledge(name, destination, id);
      const isTold = result?.kind === "acknowledged" || result?.failure.class === "throttled";
      if (events.length === 1 && !isTold) ledger.failAlone(name, destination, id);
    }
    return results;
  }

  /** A target with atomic batches takes nothing of a key behind an event that it did not take. */
  #entries(actor: Actor, destination: string, events: readonly OutboxEvent[]): readonly PublishResult[] {
    const stopped = new Set<string>();
    const answers = events.map((event) => {
      if (stopped.has(event.pk)) return notTaken;
      const answer = this.#entry(actor, destination, event);
      if (this.atomicBatches && !isTaken(answer)) stopped.add(event.pk);
      return answer;
    });
    this.#noteOwnFailures(events, answers);
    const Entries = answers.map((answer) => ("entry" in answer ? answer.entry : {}));
    const results = putResults(events.length, { Entries });
    return answers.map((answer, index) => ("own" in answer ? answer.own : (results[index] ?? UNANSWERED)));
  }

  /** An entry that the answer refuses, or leaves out, failed by its own fault if it was refused for good, or if others pass. */
  #noteOwnFailures(events: readonly OutboxEvent[], answers: readonly EntryAnswer[]): void {
    const othersPass = answers.some(isTaken);
    for (const [index, { id }] of events.entries()) {
      const answer = answers[index];
      if (answer === undefined || "own" in answer || isTaken(answer)) continue;
      if (othersPass || answer.entry.ErrorCode === "InvalidArgument") this.#world.ledger.failOwn(id);
    }
  }

  #entry(actor: Actor, destination: string, { id }: OutboxEvent): EntryAnswer {
    const { scheduler, ledger, faults, random } = this.#world;
    // EventBridge says nothing of an entry, or refuses it in its answer to the call.
    const silence = this.#isChecked ? UNMENTIONED : unheardOf;
    if (this.isMissing) {
      ledger.vanish(`${actor.name} ${destination}`, id, scheduler.nowMs);
      return TAKEN;
    }
    if (this.spoilers.get(id) === "full route") {
      faults.note("route full");
      return { own: { kind: "failed", failure: FULL } };
    }
    if (this.poison.has(id) && faults.happens("entry refused")) return refusedEntry("InvalidArgument");
    if (faults.happens("partial batch failure")) return refusedEntry("InternalFailure");
    if (faults.happens("publish timed out, not landed")) return silence;
    if (faults.happens("landed late")) {
      ledger.excuse(id, "landed late");
      scheduler.at(WORLD, "lands late", scheduler.nowMs + random() * 120_000, () =>
        ledger.deliver(actor.name, id, scheduler.instant),
      );
      return silence;
    }
    ledger.deliver(actor.name, id, scheduler.instant);
    return TAKEN;
  }
}
