import { deadLetterMutant, type Mutant } from "./mutant.ts";
import { answering, inFunction } from "./patched-bundle.ts";

const DEAD_LETTER = "lib/contract/dead-letter.ts";
const RELAY = "lib/core/relay/relay.ts";
const TABLE_EFFECTS = "test/engine/table-effects.ts";
const SWEEP = "lib/core/requeue/sweep/sweep.ts";
const DRAIN = "lib/core/requeue/drain/drain.ts";
const ROW_DRAIN = "lib/core/requeue/drain/row-drain.ts";
const LIVE_ROWS = "lib/core/requeue/drain/live-rows.ts";
const ROWS_IN_HAND = "lib/core/requeue/rows-in-hand.ts";
const PARK = "lib/core/delivery/park.ts";
const REQUEUER = "lib/core/requeue/requeuer.ts";
const PENDING_DELETES = "lib/core/delivery/deletes/pending-deletes.ts";

/** Mistakes of the requeuer, with its dead letters and its sweep. */
export const DEAD_LETTER_MUTANTS: readonly Mutant[] = [
  deadLetterMutant("a redelivery published unchecked", answering(RELAY, "isOld", "false")),
  deadLetterMutant(
    "a sweep that publishes what it read a while ago",
    inFunction(
      TABLE_EFFECTS,
      "scanPage",
      "rows: items.flatMap((item) => decodeScanned(item) ?? []),",
      "rows: rowsAmong(items),",
    ),
    inFunction(SWEEP, "deliverSeen", "await table.readRows(seen.map(({ key }) => key));", "seen;"),
  ),
  deadLetterMutant(
    "publishing the message instead of the row",
    inFunction(
      DEAD_LETTER,
      "readDeadLetter",
      'return { kind: "event", key: { pk, sk: sortKey }, id: typeof id === "string" ? id : undefined };',
      `const { destination, ...event } = body.event;
    const key = { pk, sk: sortKey };
    const published = { ...event, ...key, bytes: 0, json: JSON.stringify(event), ...(destination && { destination }) };
    return { kind: "event", key, id, row: { key, content: { kind: "event", event: published }, marks: { attempts: 0 } } };`,
    ),
    inFunction(
      DRAIN,
      "sorted",
      "rowDeadLetters.push({ receipt, key: content.key, id: content.id });",
      "rowDeadLetters.push({ receipt, ...content });",
    ),
    inFunction(
      LIVE_ROWS,
      "rowsBehind",
      "const rows = await table.readRows(firsts.map(({ key }) => key));",
      "const rows = received.map((deadLetter) => deadLetter.row);",
    ),
  ),
  deadLetterMutant(
    "deleting by key without comparing ids",
    inFunction(
      TABLE_EFFECTS,
      "deleteRow",
      "const item = itemHolding(store, row);\n  if (item !== undefined) store.remove(row);",
      "const item = store.item(row);\n  if (item !== undefined) store.remove(row);",
    ),
  ),
  deadLetterMutant(
    "a probe that moves an event's backoff",
    inFunction(
      ROW_DRAIN,
      "settle",
      'outcome.kind === "failed" && outcome.failure.scope === "event"',
      'outcome.kind === "failed"',
    ),
  ),
  deadLetterMutant(
    "marks for target-scope failures",
    inFunction(
      PARK,
      "park",
      'const ownFault = events.filter(({ failure }) => failure.scope === "event");',
      "const ownFault = events;",
    ),
  ),
  deadLetterMutant(
    "health that only a message can prove",
    inFunction(
      REQUEUER,
      "sweepAndDrain",
      "await sweepUntil(anyDeadLetters ?",
      "if (!anyDeadLetters) return;\n  await sweepUntil(anyDeadLetters ?",
    ),
  ),
  deadLetterMutant(
    "answering success with records not attempted",
    inFunction(RELAY, "relay", "return checkpoint === undefined ? {} : { checkpoint };", "return {};"),
  ),
  deadLetterMutant(
    "shedding behind an open breaker without a wake-up",
    inFunction(
      RELAY,
      "parkedFrom",
      'if (outcome.kind === "acknowledged" || outcome.kind === "deadline-exceeded") return [];',
      'if (outcome.kind !== "failed") return [];',
    ),
  ),
  deadLetterMutant(
    "deleting the dead letter of a row that is not deleted",
    inFunction(ROW_DRAIN, "settle", "&& !pendingDeletes.has(outcome.event)", ""),
  ),
  deadLetterMutant(
    "draining while the sweep's deletes are on the way",
    inFunction(
      REQUEUER,
      "sweepUntil",
      "await sweep.advance(untilMs);\n",
      "await sweep.advance(untilMs);\n    return;\n",
    ),
    inFunction(ROW_DRAIN, "drainFree", " && !pendingDeletes.has({ ...key, id })", ""),
  ),
  deadLetterMutant(
    "two rounds of dead letters at one row at once",
    inFunction(ROWS_IN_HAND, "during", "change(texts, 1);\n", ""),
    inFunction(ROWS_IN_HAND, "during", "change(texts, -1);\n", ""),
  ),
  deadLetterMutant(
    "one dead letter per key, whatever event it is of",
    inFunction(LIVE_ROWS, "rowsBehind", "?.find(({ id }) => isIdOf(id, row))", "?.[0]"),
    inFunction(
      LIVE_ROWS,
      "rowsBehind",
      "deadLetter === undefined ? [] :",
      "deadLetter === undefined || !isIdOf(deadLetter.id, row) ? [] :",
    ),
  ),
  deadLetterMutant(
    "an event skipped because another one of its key is not deleted yet",
    inFunction(
      PENDING_DELETES,
      "has",
      "if (id !== undefined) return isOne(pending.get(refText({ pk, sk, id })));",
      "void id;",
    ),
  ),
];
