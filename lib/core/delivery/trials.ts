import type { Failure } from "../../contract/failure.ts";
import {
  afterDoubt,
  afterFailedAlone,
  afterPass,
  atOnce,
  type Blame,
  blameOf,
  type Evidence,
  isSpared,
  isTargetsFault,
  NO_EVIDENCE,
  probesAtOnce,
} from "../resilience/fault-attribution.ts";

/**
 * Fault attribution at work: which events may be tried at a destination now, and which wait for the verdict on their
 * failure. One per destination and invocation of the relay or run of the requeuer. The rule itself is
 * `resilience/fault-attribution.ts`.
 */
export interface DestinationTrials {
  /** Whether anything was acknowledged, or no further event is to be tried. */
  readonly standing: "unknown" | "available" | "unavailable";
  /** Begins to try a call or an event. While any trial is open, a verdict may still come. */
  begin(): Trial;
  /** Tells that events were acknowledged. */
  passed(): void;
  /** The target said itself that it takes no event: none is tried any more in this run. */
  fail(): void;
  /** Tells that a route inside the destination takes nothing, however often it is tried. */
  closeRoute(route: string, failure: Failure): void;
  /** Why no event is to be tried by this route any more. Undefined: no reason is known. */
  closedRoute(routeOf: () => string | undefined): Failure | undefined;
  /** The probe of a run that has not met this destination yet: waits for this event's turn, or until it need not. */
  probe(eventId: string): Promise<Admission>;
}

export type Admission =
  /** The event goes alone, in one attempt, with this trial. */
  | { readonly kind: "probe"; readonly trial: Trial }
  | { readonly kind: "available" }
  | { readonly kind: "unavailable" }
  /** The event failed in this run, and nobody knows yet by whose fault. */
  | { readonly kind: "tried" };

/** One call with its attempts, or one event that goes alone. A trial must be ended. */
export interface Trial {
  /** The trial has one attempt only. */
  readonly isProbe: boolean;
  /** A neighbour was acknowledged since the first failure: the target is not to blame. */
  readonly isSpared: boolean;
  /** Waits until the next attempt may be made. `target`: the target is to blame, and no attempt follows. */
  turn(): Promise<"go" | "target">;
  /** The call failed, and nobody knows by whose fault. */
  doubted(): void;
  /** A trial of one event of this call, which goes alone from now on. */
  alone(): Trial;
  /** The event failed alone and no attempt follows: ends the trial, and waits for the verdict. */
  failedAlone(eventId: string): Promise<Blame>;
  end(): void;
}

/** Events that failed alone go first, for they decide about all others. Then calls that failed, then new calls. */
type Precedence = 0 | 1 | 2;

interface Turn {
  readonly kind: "go" | "target";
  /** Whether it is one of the few that are out at once, and is to be given back. */
  readonly held: boolean;
}

interface Waiter {
  readonly precedence: () => Precedence;
  readonly answer: (turn: Turn) => void;
}

interface Accused {
  readonly doubtedAt: number;
  readonly tell: (blame: Blame) => void;
}

export function destinationTrials(): DestinationTrials {
  let evidence: Evidence = NO_EVIDENCE;
  let open = 0;
  let turnsOut = 0;
  let probesOut = 0;
  let isClosed = false;
  /** By route. An event without a route goes by none of them. */
  const closedRoutes = new Map<string | undefined, Failure>();
  let waiting: Waiter[] = [];
  let accused: Accused[] = [];
  let probers: (() => void)[] = [];

  /** What whoever is first in line is told now. Undefined: all wait on. */
  function nextTurn(): Turn | undefined {
    if (isTargetsFault(evidence)) return { kind: "target", held: false };
    if (!evidence.doubted) return { kind: "go", held: false };
    return turnsOut < atOnce(evidence) ? { kind: "go", held: true } : undefined;
  }

  function wakeWaiters(): void {
    accused = accused.filter(({ doubtedAt, tell }) => {
      const blame = blameOf(evidence, doubtedAt, open === 0);
      if (blame !== "not-known-yet") tell(blame);
      return blame === "not-known-yet";
    });
    const inOrder = waiting.toSorted((one, other) => other.precedence() - one.precedence());
    const answered = new Set<Waiter>();
    for (const waiter of inOrder) {
      const next = nextTurn();
      if (next === undefined) break;
      if (next.held) turnsOut += 1;
      waiter.answer(next);
      answered.add(waiter);
    }
    waiting = waiting.filter((waiter) => !answered.has(waiter));
    const woken = probers;
    probers = [];
    for (const wake of woken) wake();
  }

  function learn(next: Evidence): void {
    if (next === evidence) return;
    evidence = next;
    wakeWaiters();
  }

  function begin(isProbe = false, isAlone = false, doubtedBefore?: number): Trial {
    let doubtedAt = doubtedBefore;
    let holds = false;
    let ended = false;
    open += 1;
    const end = () => {
      if (ended) return;
      ended = true;
      open -= 1;
      if (isProbe) probesOut -= 1;
      if (holds) turnsOut -= 1;
      wakeWaiters();
    };
    const isFree = () => isProbe || isSpared(evidence, doubtedAt);
    return {
      isProbe,
      get isSpared() {
        return isSpared(evidence, doubtedAt);
      },
      turn() {
        if (isTargetsFault(evidence)) return Promise.resolve("target");
        if (!evidence.doubted || isFree()) return Promise.resolve("go");
        if (holds) return Promise.resolve("go");
        return new Promise((resolve) => {
          const precedence = (): Precedence => (isAlone ? 2 : doubtedAt === undefined ? 0 : 1);
          const answer = ({ kind, held }: Turn) => {
            holds = held;
            resolve(kind);
          };
          waiting.push({ precedence, answer });
          wakeWaiters();
        });
      },
      doubted() {
        doubtedAt ??= evidence.passes;
        learn(afterDoubt(evidence));
      },
      alone: () => begin(false, true, doubtedAt),
      failedAlone(eventId) {
        const at = doubtedAt ?? evidence.passes;
        return new Promise((tell) => {
          accused.push({ doubtedAt: at, tell });
          if (!isSpared(evidence, at)) evidence = afterFailedAlone(evidence, eventId);
          end();
        });
      },
      end,
    };
  }

  return {
    get standing() {
      if (isClosed || isTargetsFault(evidence)) return "unavailable";
      return evidence.passes > 0 ? "available" : "unknown";
    },
    begin: () => begin(),
    passed: () => learn(afterPass(evidence)),
    fail() {
      isClosed = true;
      wakeWaiters();
    },
    closeRoute(route, failure) {
      closedRoutes.set(route, failure);
    },
    // Most runs close no route, and then no event is asked for its own.
    closedRoute: (routeOf) => (closedRoutes.size === 0 ? undefined : closedRoutes.get(routeOf())),
    async probe(eventId) {
      // A trial that waits for its turn may still bring evidence, so no verdict falls meanwhile.
      const present = begin();
      try {
        for (;;) {
          if (isClosed || isTargetsFault(evidence)) return { kind: "unavailable" };
          if (evidence.passes > 0) return { kind: "available" };
          if (evidence.failedAlone.has(eventId)) return { kind: "tried" };
          if (probesOut < probesAtOnce(evidence)) {
            probesOut += 1;
            return { kind: "probe", trial: begin(true) };
          }
          await new Promise<void>((resolve) => probers.push(resolve));
        }
      } finally {
        present.end();
      }
    },
  };
}

/** The trials of all destinations that one invocation or run has met. */
export interface Trials {
  of(destination: string): DestinationTrials;
}

export function trials(): Trials {
  const known = new Map<string, DestinationTrials>();
  return {
    of(destination) {
      const found = known.get(destination) ?? destinationTrials();
      known.set(destination, found);
      return found;
    },
  };
}
