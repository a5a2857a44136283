import type { OutboxEvent, OutboxRow } from "../../lib/contract/event.ts";
import type { Random } from "../../lib/core/resilience/backoff.ts";
import type { FaultSource } from "./faults.ts";
import type { Ledger } from "./ledger.ts";
import type { Actor, Scheduler } from "./scheduler.ts";

/** What all simulated services share. */
export interface World {
  readonly scheduler: Scheduler;
  readonly faults: FaultSource;
  readonly ledger: Ledger;
  readonly random: Random;
  /** Without the sweep a scan shows no parked-key records: a key is drained by its dead letter alone. */
  readonly sweep: boolean;
}

export class ServiceError extends Error {
  override readonly name = "ServiceError";
}

/** Acts by itself and cannot die. */
export const WORLD: Actor = { name: "world", dead: false };

export function eventOf(row: OutboxRow): OutboxEvent {
  if (row.content.kind !== "event") throw new Error("The simulation writes well-formed rows only");
  return row.content.event;
}

/** For the trace. */
export const idsOf = (rows: readonly { readonly id: string }[]): string => rows.map(({ id }) => id).join(" ");
