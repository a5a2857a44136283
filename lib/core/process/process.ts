import type { FunctionRole } from "../../contract/deployment/function-role.ts";
import { type DeliverySettings, minParkedMsOf } from "../../contract/settings/settings.ts";
import { type Receipts, receiptsOf } from "../archive/receipts.ts";
import type { CallDeadlines } from "../call-deadlines.ts";
import { measuredPublisher } from "../delivery/call/measured-publisher.ts";
import { type PendingDeletes, trackPendingDeletes } from "../delivery/deletes/pending-deletes.ts";
import { type Existences, existencesOf } from "../delivery/existence/existences.ts";
import { type Parking, type ParkingPorts, parkingFor } from "../delivery/park.ts";
import type { OrderedPorts } from "../ordered/ordering.ts";
import type { Archive, Clock, DeadLetterQueue, KeyTable, OutboxTable, Publisher, Random, Telemetry } from "../ports.ts";
import { boundedArchive, boundedKeys, boundedPublisher, boundedQueue, boundedTable } from "./bounded-ports.ts";

/**
 * What a relay and a requeuer have in common: one process, which lives from invocation to invocation, and its memory.
 *
 * `relay-process.ts` and `requeuer-process.ts` make whole ones. The functions, the simulation, the tests and the
 * benchmarks differ only in their ports; the simulation also in one limit of its breakers.
 */
export interface ProcessPorts {
  readonly table: OutboxTable;
  readonly deadLetters: DeadLetterQueue;
  /** Used only where there is order. */
  readonly keys: KeyTable;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Where receipts are kept. @default nowhere */
  readonly archive?: ArchivePort | undefined;
  /** The process's own: each invocation sets the end of its calls. */
  readonly calls: CallDeadlines;
  /**
   * Called as each invocation begins, with the end of its work in epoch milliseconds; the function returned is called
   * when that invocation ends, however it ends.
   *
   * @default nothing is done
   */
  readonly beginInvocation?: (endMs: number) => () => Promise<void>;
}

export interface ArchivePort {
  readonly archive: Archive;
  /** Whether receipts hold their events whole. */
  readonly withPayload: boolean;
}

export type ProcessSettings = ProtocolSettings & Pick<DeliverySettings, "backoff" | "concurrency">;

export type ProtocolSettings = Pick<DeliverySettings, "ordering" | "requeueBackoff" | "relayTimeoutSeconds">;

/** One of each for as long as the process lives. Every call of a port has its deadline. */
export interface ProcessParts extends Pick<ProcessPorts, "clock" | "random" | "telemetry" | "calls"> {
  readonly table: OutboxTable;
  readonly deadLetters: DeadLetterQueue;
  readonly publisher: Publisher;
  readonly pendingDeletes: PendingDeletes;
  readonly receipts: Receipts | undefined;
  readonly existences: Existences;
  readonly parking: Parking;
  readonly ordering: OrderedPorts | undefined;
  readonly backoff: DeliverySettings["backoff"];
}

export function processParts(role: FunctionRole, ports: ProcessPorts, settings: ProcessSettings): ProcessParts {
  const { clock, random, telemetry, calls } = ports;
  const archived = ports.archive && { ...ports.archive, archive: boundedArchive(ports.archive.archive, calls, clock) };
  const table = boundedTable(ports.table, calls);
  const deadLetters = boundedQueue(ports.deadLetters, calls);
  const keys = boundedKeys(ports.keys, calls);
  const publisher = measuredPublisher(boundedPublisher(ports.publisher, calls), clock, telemetry);
  return {
    ...{ clock, random, telemetry, calls, table, deadLetters, publisher, backoff: settings.backoff },
    pendingDeletes: trackPendingDeletes(table, clock, telemetry),
    receipts: archived && receiptsOf({ ...archived, role, clock, random, telemetry }),
    existences: existencesOf({ publisher, clock, random, telemetry }),
    ...protocolParts({ table, deadLetters, keys, clock, random, telemetry }, settings),
  };
}

export interface ProtocolParts {
  readonly parking: Parking;
  /** Undefined: every row stands by itself. */
  readonly ordering: OrderedPorts | undefined;
}

/** Only parking and order: for an operator's command that takes events out of a key, or puts them back. */
export function protocolParts(
  { keys, ...ports }: Omit<ParkingPorts, "requeueBackoff"> & { readonly keys: KeyTable },
  settings: ProtocolSettings,
): ProtocolParts {
  const { ordering, requeueBackoff } = settings;
  return {
    parking: parkingFor({ ...ports, requeueBackoff }),
    ordering:
      ordering === "none"
        ? undefined
        : { keys, strict: ordering === "strict", minParkedMs: minParkedMsOf(settings), requeueBackoff },
  };
}

/** Runs one invocation: nothing of it is awaited after `endMs`, and its end is told in any case. */
export async function invocationOf<Result>(
  { calls, beginInvocation }: ProcessPorts,
  { receipts }: Pick<ProcessParts, "receipts">,
  endMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  calls.begin(endMs);
  receipts?.begin(endMs);
  const endInvocation = beginInvocation?.(endMs);
  try {
    return await work();
  } finally {
    await receipts?.end();
    await endInvocation?.();
  }
}
