import {
  QUEUE_MESSAGES,
  type ServiceFault,
  TABLE_DELETES,
  TABLE_MARKS,
  TABLE_READS,
} from "../e2e/harness/service-proxy.ts";

/** What a storm strikes, by the purpose of the operations. */
export const CHECKS = ["DescribeEventBus"] as const;
const AIMS = {
  reads: [...TABLE_READS, "GetItem", "TransactGetItems"],
  deletes: TABLE_DELETES,
  // These operations write parked-key records and the lease too.
  marks: [...TABLE_MARKS, "PutItem", "DeleteItem", "TransactWriteItems"],
  queue: [...QUEUE_MESSAGES, "GetQueueAttributes"],
  publishes: ["PutEvents"],
  checks: CHECKS,
} as const;
export type Aim = keyof typeof AIMS;

export const FAULT_KINDS = ["throttle", "hang", "error", "refusal", "cut", "drop-answer", "slow"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Strike {
  readonly aim: Aim;
  readonly kind: FaultKind;
  readonly fault: ServiceFault;
}

export interface Storm {
  readonly strikes: readonly Strike[];
  readonly lastsMs: number;
  /** The calm after it. */
  readonly calmMs: number;
}

export const INCIDENTS = [
  "kill the relay",
  "kill the relay in a call",
  "kill the requeuer",
  "kill both",
  "purge the dead-letter queue",
  "switch the mapping off for a while",
  "make the mapping anew at the stream's end",
  "delete the bus, and make it again",
] as const;
export type Incident = (typeof INCIDENTS)[number];

export interface Planned {
  readonly incident: Incident;
  /** The calm before it. */
  readonly pauseMs: number;
  /** How long a missing part stays away. */
  readonly lastsMs: number;
}

/** How many of a hundred incidents are of each kind. A requeuer that dies leaves a lease of 70 s behind. */
const FREQUENCY: Readonly<Record<Incident, number>> = {
  "kill the relay": 36,
  "kill the relay in a call": 36,
  "kill the requeuer": 3,
  "kill both": 3,
  "purge the dead-letter queue": 8,
  "switch the mapping off for a while": 5,
  "make the mapping anew at the stream's end": 5,
  "delete the bus, and make it again": 4,
};

type Random = () => number;

/** Storms without end, drawn by a seed. The first ones hold every kind of fault and every aim once. */
export function* storms(random: Random): Generator<Storm, never> {
  let kinds: readonly FaultKind[] = shuffled(FAULT_KINDS, random);
  let aims: readonly Aim[] = shuffled(Object.keys(AIMS) as Aim[], random);
  for (;;) {
    const strikes = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      const [kind = "error", ...otherKinds] = kinds;
      const [aim = "publishes", ...otherAims] = aims;
      kinds = otherKinds.length > 0 ? otherKinds : shuffled(FAULT_KINDS, random);
      aims = otherAims.length > 0 ? otherAims : shuffled(Object.keys(AIMS) as Aim[], random);
      return { aim, kind, fault: faultOf(kind, AIMS[aim], random) };
    });
    yield { strikes, lastsMs: between(3_000, 10_000, random), calmMs: between(1_000, 5_000, random) };
  }
}

function faultOf(kind: FaultKind, operations: readonly string[], random: Random): ServiceFault {
  const share = [0.1, 0.3, 0.6, 1][Math.floor(random() * 4)] ?? 1;
  switch (kind) {
    case "throttle":
      return { kind, operations, callsPerSecond: Math.round(between(1, 8, random)) };
    case "error":
      return { kind, operations, share, status: random() < 0.5 ? 500 : 503, code: "InternalServerError" };
    case "refusal":
      return { kind: "error", operations, share, status: 400, code: "ValidationException" };
    case "slow":
      return { kind, operations, share, delayMs: Math.round(between(200, 4_000, random)) };
    case "hang":
    case "cut":
    case "drop-answer":
      return { kind, operations, share };
  }
}

/** Incidents without end, drawn by a seed. The first ones are each of them once. */
export function* incidents(random: Random): Generator<Planned, never> {
  const drawn = INCIDENTS.flatMap((incident) => Array.from({ length: FREQUENCY[incident] }, () => incident));
  const planned = (incident: Incident): Planned => ({
    incident,
    pauseMs: between(5_000, 15_000, random),
    lastsMs: between(3_000, 8_000, random),
  });
  for (const incident of shuffled(INCIDENTS, random)) yield planned(incident);
  for (;;) yield planned(drawn[Math.floor(random() * drawn.length)] ?? "kill the relay");
}

const between = (from: number, to: number, random: Random): number => from + random() * (to - from);

function shuffled<Value>(values: readonly Value[], random: Random): readonly Value[] {
  return values
    .map((value) => ({ value, by: random() }))
    .sort((one, other) => one.by - other.by)
    .map(({ value }) => value);
}
