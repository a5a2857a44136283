/** One way to do the work, measured in rounds. */
export interface Workload {
  readonly name: WorkloadName;
  /** Events of one round. Fewer than a full batch where a full one would take too long; then it is scaled. */
  readonly events: number;
  /** Makes ready what is not measured. Resolves with the work of one round. */
  prepare(events: number): Promise<() => Promise<void>>;
  /** Rejects when the round did not do what it should have. Not measured. */
  check?(): Promise<void>;
}

export type WorkloadName = "floor" | "relay-unordered" | "relay-reread" | "relay-ordered" | "sequential";

/** What one round of one workload took. */
export interface RoundResult {
  readonly workload: WorkloadName;
  readonly events: number;
  readonly ms: number;
  /** CPU time of the client, in milliseconds. */
  readonly cpuMs: number;
  /** The part of the round, from 0 to 1, in which the stub's core was busy. */
  readonly stubBusy: number;
}

/** What the client process is told on its command line, as JSON. */
export interface ClientOptions {
  readonly endpoint: string;
  /** The relay's bundle for EventBridge. */
  readonly bundle: string;
  /** The relay's bundle for SQS. */
  readonly orderedBundle: string;
  readonly rounds: number;
  readonly warmUpRounds: number;
}

export type ClientMessage =
  | { readonly kind: "warming-up"; readonly round: number }
  | { readonly kind: "round"; readonly round: number; readonly results: readonly RoundResult[] };
