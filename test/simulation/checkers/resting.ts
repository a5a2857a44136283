import type { OutboxRow } from "../../../lib/contract/event.ts";
import type { Context } from "./context.ts";
import type { Checker } from "./watched.ts";

/** A process does not publish a row that it last read as resting. */
export function resting({ by, nowMs, violate }: Context): Checker {
  const seen = new Map<string, "due" | "rests">();
  const look = ({ content, marks }: OutboxRow) => {
    if (content.kind !== "event") return;
    const { id } = content.event;
    const rests = (marks.notBeforeMs ?? 0) > nowMs();
    // Where two reads overlap, nobody knows which one counts.
    if (!rests) seen.set(id, "due");
    else if (!seen.has(id)) seen.set(id, "rests");
  };
  return {
    begun: () => seen.clear(),
    asked: {
      publish: (_destination, events) => {
        for (const { id } of events) {
          if (seen.get(id) === "rests") violate(`RESTS: ${by} publishes ${id}, whose row says that it is not due`);
        }
      },
    },
    learnt: {
      readRows: (rows) => {
        for (const row of rows) look(row);
      },
    },
  };
}
