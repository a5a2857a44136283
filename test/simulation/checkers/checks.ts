import type { Archive, DeadLetterQueue, KeyTable, OutboxTable, Publisher, Telemetry } from "../../../lib/core/ports.ts";
import type { StreamRecord } from "../../../lib/core/stream-record.ts";
import { archived } from "./archived.ts";
import { atRest } from "./at-rest.ts";
import type { Context } from "./context.ts";
import { givenBack } from "./given-back.ts";
import { keyLease } from "./key-lease.ts";
import { knownCeiling } from "./known-ceiling.ts";
import { resting } from "./resting.ts";
import { runLease } from "./run-lease.ts";
import { skipped } from "./skipped.ts";
import { strict } from "./strict.ts";
import { told } from "./told.ts";
import { unavailable } from "./unavailable.ts";
import { undeleted } from "./undeleted.ts";
import { ARCHIVE_OPERATIONS, KEY_OPERATIONS, QUEUE_OPERATIONS, TABLE_OPERATIONS, watched } from "./watched.ts";

/** The ports by which a process reaches the world. */
interface Ports {
  readonly table: OutboxTable;
  readonly keys: KeyTable;
  readonly deadLetters: DeadLetterQueue;
  readonly publisher: Publisher;
  readonly archive: Archive | undefined;
  readonly telemetry: Telemetry;
}

/**
 * Checks one process against the rules of the protocol whose violation the end of a run does not show: who may work, what must
 * be known first, how many deletes may be pending. The ledger judges what becomes of events.
 */
export interface ProcessChecks {
  watch(ports: Ports): Ports;
  /** @param records the records that a relay is handed */
  begin(records: readonly StreamRecord[]): void;
  /** @param through records that the stream does not bring again */
  end(through: readonly StreamRecord[]): void;
}

/** Of a world whose states are compared: what checkers remember is no part of a state. */
export const UNWATCHED: ProcessChecks = { watch: (ports) => ports, begin: () => undefined, end: () => undefined };

export function processChecks(context: Context): ProcessChecks {
  const ofRecords = skipped(context);
  const checkers = [
    ...[runLease(context), keyLease(context), strict(context), resting(context), told(context), atRest(context)],
    ...[
      undeleted(context),
      knownCeiling(context),
      givenBack(context),
      unavailable(context),
      archived(context),
      ofRecords,
    ],
  ];
  return {
    watch: ({ table, keys, deadLetters, publisher, archive, telemetry }) => ({
      table: watched(table, TABLE_OPERATIONS, checkers),
      keys: watched(keys, KEY_OPERATIONS, checkers),
      deadLetters: watched(deadLetters, QUEUE_OPERATIONS, checkers),
      publisher: watched(publisher, ["publish"], checkers),
      archive: archive && watched(archive, ARCHIVE_OPERATIONS, checkers),
      telemetry: {
        ...telemetry,
        count: (metric, by = 1, dimensions) => {
          for (const { told } of checkers) told?.(metric, by);
          telemetry.count(metric, by, dimensions);
        },
      },
    }),
    begin: (records) => {
      for (const { begun } of checkers) begun?.(records);
    },
    end: (through) => {
      ofRecords.through(through);
      for (const { ended } of checkers) ended?.();
    },
  };
}
