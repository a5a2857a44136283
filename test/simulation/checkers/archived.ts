import { decodeLine } from "../../../lib/contract/archive/archive-line.ts";
import { idOf, keyText, type RowRef } from "../../../lib/contract/event.ts";
import type { StreamRecord } from "../../../lib/core/stream-record.ts";
import { RELAY_TIMEOUT_MS } from "../scenario.ts";
import type { Context } from "./context.ts";
import type { Checker } from "./watched.ts";

const refText = (row: RowRef): string => `${keyText(row)}/${row.id}`;
/** By its end a relay has told of its records, unless it had no time left for that. */
const ANSWER_MS = 1_000;

/**
 * Where receipts are archived, a row is deleted only once its receipt is there, or once it is noted that lines of an hour
 * are missing in which it may have been handed over: since the acknowledgement, and before the delete. A receipt tells of
 * an acknowledgement that counts. What a relay was handed is told of by its end. One object at a time is on its way.
 */
export function archived({ by, nowMs, archive, isDelivered, violate }: Context): Checker {
  if (archive === undefined) return {};
  /** When an event was first acknowledged to this process. */
  const acknowledgedMs = new Map<string, number>();
  let begunMs = 0;
  let brought: readonly StreamRecord[] = [];
  let underWay = 0;

  const checkDelete = (row: RowRef) => {
    const sinceMs = acknowledgedMs.get(refText(row)) ?? nowMs();
    if (archive.hasReceipt(row.id) || archive.lacksLines(sinceMs, nowMs())) return;
    violate(`UNPROVEN: ${by} deletes ${row.id}, whose receipt is neither archived nor noted as missing`);
  };
  const checkLine = (text: string) => {
    const { line } = decodeLine(text);
    if (line.line !== "receipt") return;
    if (!acknowledgedMs.has(refText(line)))
      violate(`UNTRUE: ${by} has a receipt of ${line.id}, and no acknowledgement`);
    else if (!isDelivered(line.id)) violate(`UNTRUE: ${by} has a receipt of ${line.id}, which nobody has`);
  };

  return {
    begun: (records) => {
      begunMs = nowMs();
      brought = records;
    },
    asked: {
      write: (texts) => {
        underWay += 1;
        if (underWay > 1) violate(`AT ONCE: ${by} writes ${underWay} objects at once`);
        for (const text of texts) checkLine(text);
      },
      deleteRows: (rows) => {
        for (const row of rows) checkDelete(row);
      },
    },
    learnt: {
      publish: (results, _destination, events) => {
        for (const [index, event] of events.entries()) {
          const isNew = results[index]?.kind === "acknowledged" && !acknowledgedMs.has(refText(event));
          if (isNew) acknowledgedMs.set(refText(event), nowMs());
        }
      },
      write: () => {
        underWay -= 1;
      },
    },
    refused: {
      write: () => {
        underWay -= 1;
      },
    },
    ended: () => {
      if (nowMs() >= begunMs + RELAY_TIMEOUT_MS - ANSWER_MS || archive.lacksLines(begunMs, nowMs())) return;
      for (const { row } of brought) {
        const id = idOf(row.content);
        if (id === undefined || archive.hasMet(id)) continue;
        violate(`UNTOLD: ${by} has ended, and the archive does not tell that it met ${id}`);
      }
    },
  };
}
