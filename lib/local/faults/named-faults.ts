import type { Fault } from "./faults.ts";

/** The faults by the names that `outbox-relay local` takes. */
export const NAMED_FAULTS = {
  off: { kind: "pass" },
  "503": { kind: "unavailable" },
  "403": { kind: "deny" },
  hang: { kind: "hang" },
  reset: { kind: "reset" },
  refuse: { kind: "refuse" },
  "lost-answers": { kind: "drop-answer", probability: 0.5 },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof NAMED_FAULTS;
export const FAULT_NAMES = Object.keys(NAMED_FAULTS) as readonly FaultName[];

/** What each does, for people. */
export const FAULT_TEXTS: Readonly<Record<FaultName, string>> = {
  off: "works",
  "503": "answers 503 to everything",
  "403": "denies everything",
  hang: "takes requests and never answers",
  reset: "cuts every connection",
  refuse: "refuses connections",
  "lost-answers": "takes everything, and half of its answers get lost",
};

/**
 * The services that can fail: those that take events, by the names that the SDK's `AWS_ENDPOINT_URL_<SERVICE>` has. Kinesis is
 * none of them: its clients speak HTTP/2, and the fault proxy does not. Nor is Lambda: the relay hands a list over, which
 * MiniStack passes to no function.
 */
export const FAULTY_SERVICES = ["eventbridge", "sqs", "sns"] as const;
export type FaultyService = (typeof FAULTY_SERVICES)[number];
