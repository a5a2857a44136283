import { systemClock } from "../../lib/aws/system.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import type { NewEvent } from "../../lib/contract/codec/encode-row.ts";
import { idOf } from "../../lib/contract/event.ts";
import type { Publisher } from "../../lib/core/ports.ts";
import { relayProcess } from "../../lib/core/process/relay-process.ts";
import { itemOf } from "../aws/fixtures.ts";
import { recordOf, TIMEOUT_MS } from "../world/world.ts";
import { outboxBefore, SETTINGS } from "./outbox-before.ts";

/** What a run of the relay left behind, as ids in alphabetical order. */
export interface Relayed {
  /** Rows that are still in the outbox. */
  readonly left: readonly (string | undefined)[];
  /** Events with a dead letter. */
  readonly deadLetters: readonly unknown[];
}

/** Writes events to an outbox in memory and runs one real relay invocation over them, in real time. */
export async function relayed(publisher: Publisher, events: readonly Partial<NewEvent>[]): Promise<Relayed> {
  const clock = systemClock;
  const { table, deadLetters, ports } = outboxBefore(publisher, clock);

  const records = events.map((event, index) => {
    const item = itemOf(event);
    table.put(item);
    return recordOf(item, String(index).padStart(21, "0"), clock.now());
  });
  await relayProcess(ports, SETTINGS).invoke(() => records, clock.now() + TIMEOUT_MS);

  const rows = [...table.items.values()].map(decodeItem);
  return {
    left: rows.flatMap((item) => (item.kind === "row" ? [idOf(item.row.content)] : [])).toSorted(),
    deadLetters: deadLetters.bodies.map((body) => body["id"]).toSorted(),
  };
}
