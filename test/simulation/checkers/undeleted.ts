import { idOf, keyText, type OutboxRow, type RowRef } from "../../../lib/contract/event.ts";
import { type Context, isRequeuer } from "./context.ts";
import type { Checker } from "./watched.ts";

/** The protocol's value, stated again here: a wrong variant of the code must not move the judge. */
const MOST_UNDELETED = 1_000;

/** A younger record is published without a read of its row. */
const FRESH_MS = 5_000;

const refText = (row: RowRef): string => `${keyText(row)}/${row.id}`;

const refOf = (row: OutboxRow): string => `${keyText(row.key)}/${idOf(row.content)}`;

/**
 * The pending deletes of a process: rows whose events were acknowledged to it, and whose deletes were not confirmed to it.
 * Where an acknowledgement alone decides nothing, it makes no pending delete.
 */
export function undeleted(context: Context): Checker {
  const { by, isChecked, nowMs, violate } = context;
  const debts = new Map<string, RowRef>();
  let inCalls = 0;
  let debtsBefore: readonly string[] = [];
  /** Events that came again while their rows were not deleted, by records so old that the process reads the rows first. */
  let handedAgain = new Set<string>();
  /** The last answer to a delete of the process was that rows were left. */
  let isRefused = false;
  let wasRefused = false;

  const checkCall = (events: readonly RowRef[]) => {
    const others = debts.size + inCalls;
    if (others > 0 && others + events.length > MOST_UNDELETED) {
      violate(
        `CEILING: ${by} publishes ${events.length} more, and ${others} are acknowledged or under way, not deleted`,
      );
    }
    if (wasRefused && isRefused) violate(`DELETES: ${by} publishes, and its deletes have been refused since before`);
    if (isRequeuer(context) && debtsBefore.some((text) => debts.has(text))) {
      violate(`DEBTS: ${by} publishes, and rows that an earlier run delivered are not deleted`);
    }
    for (const event of events) {
      if (debts.has(refText(event)) || handedAgain.has(refText(event)))
        violate(`AGAIN: ${by} publishes ${event.id}, which it was acknowledged for`);
    }
  };

  return {
    begun: (records) => {
      debtsBefore = [...debts.keys()];
      const old = records.filter(({ writtenAtMs }) => nowMs() - writtenAtMs > FRESH_MS);
      handedAgain = new Set(old.map(({ row }) => refOf(row)).filter((text) => debts.has(text)));
      wasRefused = isRefused;
    },
    asked: {
      publish: (_destination, events) => {
        checkCall(events);
        inCalls += events.length;
      },
      close: (pk) => {
        const left = [...debts.values()].find((row) => row.pk === pk);
        if (left !== undefined) violate(`CLOSED: ${by} closes ${pk}, and ${left.id} is delivered and not deleted`);
      },
    },
    learnt: {
      publish: (results, _destination, events, untilMs) => {
        inCalls -= events.length;
        for (const [index, event] of events.entries()) {
          if (results[index]?.kind !== "acknowledged") continue;
          // An answer that nobody waits for any more does not count.
          if (!isChecked && nowMs() < untilMs) debts.set(refText(event), event);
        }
      },
      deleteRows: (left, rows) => {
        isRefused = left.length > 0;
        if (!isRefused) wasRefused = false;
        const stillThere = new Set(left.map(refText));
        for (const row of rows) if (!stillThere.has(refText(row))) debts.delete(refText(row));
      },
    },
    refused: {
      deleteRows: () => {
        isRefused = true;
      },
    },
  };
}
