import { type Mutant, parkedKeyMutant } from "./mutant.ts";
import { OWN_ROWS, WHOLE_PAGE } from "./own-rows.ts";
import { inFile, inFunction } from "./patched-bundle.ts";

const FAULTS = "test/simulation/faults.ts";
const KEY_GROUP = "lib/core/ordered/key-group.ts";
const KEY_EFFECTS = "test/engine/key-effects.ts";
const DRAIN_KEY = "lib/core/ordered/drain-key.ts";
const PARK_KEY = "lib/core/ordered/park-key.ts";

/** Mistakes about keys that are parked and drained. */
export const PARKED_KEY_MUTANTS: readonly Mutant[] = [
  // One process reads the flag, another clears it, and only then does the event reach the queue behind the flag: the next event
  // overtakes it. The stream is in perfect order here, as this design needs it. Its drain is better than a FIFO queue's, for it
  // takes all that waits from the table, in order. The design fails all the same.
  parkedKeyMutant(
    "a plain blocked flag with a FIFO queue behind it",
    inFile(FAULTS, '["batch redelivered", "record late", "records reordered"]', '["batch redelivered"]'),
    inFunction(KEY_GROUP, "deliverKeyGroup", WHOLE_PAGE, OWN_ROWS),
    inFunction(
      KEY_GROUP,
      "deliverKeyGroup",
      "if (!(await ordering.keys.touch(keyGroup.pk))) continue;",
      "for (const { row } of keyGroup.all) {\n        await ports.parking.leaveDeadLetter({ ...row, failure: LONG_BACKLOG, attempts: 0, firstFailureMs: 0 });\n      }",
    ),
    inFunction(KEY_EFFECTS, "close", "|| !isOwners || decodeParkedKey(record)?.version !== version)", "|| !isOwners)"),
  ),
  parkedKeyMutant(
    "parked-key record upserted without a condition on the failed event",
    inFunction(KEY_EFFECTS, "park", 'if (itemHolding(store, row) === undefined) return "gone";', ""),
  ),
  parkedKeyMutant(
    "closing the parked-key record because a query looked empty",
    inFunction(KEY_EFFECTS, "close", "|| !isOwners || decodeParkedKey(record)?.version !== version)", "|| !isOwners)"),
  ),
  parkedKeyMutant(
    "skipping without touching",
    inFunction(KEY_GROUP, "deliverKeyGroup", "if (!(await ordering.keys.touch(keyGroup.pk))) continue;", ""),
  ),
  parkedKeyMutant(
    "reading the version after draining",
    inFunction(
      DRAIN_KEY,
      "drainParked",
      "if (await keys.close(pk, owner, version)) {",
      "version = (await keys.readParkedKey(pk))?.version ?? version;\n    if (await keys.close(pk, owner, version)) {",
    ),
  ),
  parkedKeyMutant(
    "creating a parked-key record while holding somebody else's message",
    inFunction(
      PARK_KEY,
      "parkKey",
      "const deadLetterSent = await parking.leaveDeadLetter(",
      "const deadLetterSent = ((_letter) => false)(",
    ),
    inFunction(DRAIN_KEY, "parkUnparked", "return parked.deadLetterSent ?", "return true ?"),
  ),
  parkedKeyMutant(
    "deciding clean from a query that read the parked-key record before the events",
    inFunction(DRAIN_KEY, "parkUnparked", "return (await keys.readParkedKey(pk)) === undefined ?", "return true ?"),
  ),
  parkedKeyMutant(
    "going on behind an event that failed",
    inFunction(
      KEY_GROUP,
      "deliverKeyGroup",
      'if ((await parkKey(stop.row, stop, ports)).kind === "parked") return ALL;',
      "await parkKey(stop.row, stop, ports);\n        keyGroup = { ...keyGroup, pk: keyGroup.pk };\n        ordering.keys.read = ((read) => async (pk, range) => { const page = await read(pk, range); return { ...page, parkedKey: undefined, rows: page.rows.filter(({ key }) => Number(key.sk) > Number(stop.row.key.sk)) }; })(ordering.keys.read);",
    ),
  ),
];
