import type { Addressed, OutboxEvent } from "../../lib/contract/event.ts";
import type { Failure } from "../../lib/contract/failure.ts";
import {
  ACKNOWLEDGED,
  type CheckAnswer,
  type ExistenceChecks,
  type Publisher,
  type PublishResult,
} from "../../lib/core/ports.ts";
import { putResults } from "../../lib/targets/eventbridge/answers.ts";
import { checkAnswerFor, failureOf, MET } from "../engine/target-answers.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export const DOWN = failureOf(MET.unavailable);
export const THROTTLED = failureOf(MET.throttled);
export const UNREACHED = failureOf(MET.nobodyListens);
export const TIMED_OUT = failureOf(MET.timeout);
export const REFUSED = refusedEntry();

/** The failure of an entry that EventBridge refuses for what it holds. */
function refusedEntry(): Failure {
  const [result] = putResults(1, { Entries: [{ ErrorCode: "InvalidArgument", ErrorMessage: "refused" }] });
  if (result?.kind !== "failed") throw new Error("An entry with an error is not acknowledged");
  return result.failure;
}

export const failedWith = (failure: Failure): PublishResult => ({ kind: "failed", failure });

/** Decides about one entry. `undefined` acknowledges it. */
export type Script = (event: OutboxEvent, call: number) => Failure | undefined;

/** A target in memory that answers after 20 ms, as its script says. */
export class ScriptedTarget implements Publisher {
  limits = { maxEntries: 10, maxBytes: 100_000 };
  /** Ids in the order in which they were delivered, repeats included. */
  readonly delivered: string[] = [];
  readonly calls: { readonly destination: string; readonly ids: readonly string[]; readonly atMs: number }[] = [];
  /** An entry with this failure is delivered all the same: only its acknowledgement is lost. */
  landsDespite: Failure | undefined = TIMED_OUT;
  script: Script = () => undefined;
  /** Decides about a whole call: all its entries fail in this way, and none is delivered. */
  wholeScript: (events: readonly OutboxEvent[], destination: string) => Failure | undefined = () => undefined;
  /** Decides what is so when a check looks. */
  answer: (destination: string) => CheckAnswer = () => "exists";
  readonly checks: { readonly destination: string; readonly atMs: number }[] = [];
  checkMs = 1;
  /** False: the target refuses a missing destination by itself. True: a process makes at most 20 checks a second. */
  checked = true;
  latencyMs = 20;
  latencyOf: (destination: string) => number = () => this.latencyMs;
  inFlight = 0;
  maxInFlight = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  destinationOf = ({ destination }: Addressed): string => destination ?? "default";
  /** For tests with routes: the route is made of the event's type. */
  hasRoutes = false;
  routeOf = ({ type }: OutboxEvent): string | undefined => (this.hasRoutes ? type : undefined);
  bytesOf = ({ json }: OutboxEvent): number => Buffer.byteLength(json);

  async publish(destination: string, events: readonly OutboxEvent[]): Promise<readonly PublishResult[]> {
    const call = this.calls.push({ destination, ids: events.map(({ id }) => id), atMs: this.#clock.now() });
    this.inFlight += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
    await this.#clock.sleep(this.latencyOf(destination));
    this.inFlight -= 1;
    const whole = this.wholeScript(events, destination);
    if (whole !== undefined) return events.map(() => failedWith(whole));
    return events.map((event) => {
      const failure = this.script(event, call);
      if (failure === undefined || failure === this.landsDespite) this.delivered.push(event.id);
      return failure === undefined ? ACKNOWLEDGED : failedWith(failure);
    });
  }

  async check(destination: string): Promise<CheckAnswer> {
    this.checks.push({ destination, atMs: this.#clock.now() });
    await this.#clock.sleep(this.checkMs);
    return checkAnswerFor(this.answer(destination));
  }

  readonly existence: ExistenceChecks = {
    covers: () => this.checked,
    check: (destination) => this.check(destination),
    memoryMs: 10_000,
    checkEveryMs: 0,
    permission: "test:Describe",
  };
}
