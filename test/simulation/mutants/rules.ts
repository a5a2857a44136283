import { UNIT_MUTANTS } from "../../core/unit-mutants.ts";
import type { Storm } from "../storms/scenario-shape.ts";
import { type Mutant, mutantIn, parkedKeyMutant } from "./mutant.ts";
import { inFunction } from "./patched-bundle.ts";

const gapMutant = mutantIn("gaps");
const undeletedMutant = mutantIn("undeleted");
const runMutant = mutantIn("overlapping-runs");

/** A variant for which there is a unit test. A storm shows it too. */
function ofUnit(storm: Storm, name: string): Mutant {
  const found = UNIT_MUTANTS.find((each) => each.name === name);
  if (found === undefined)
    throw new Error(`No unit test is there for a wrong variant that is called ${JSON.stringify(name)}`);
  return { name, storm, patches: found.patches };
}

const REQUEUER = "lib/core/requeue/requeuer.ts";
const ROW_DRAIN = "lib/core/requeue/drain/row-drain.ts";
const LIVE_ROWS = "lib/core/requeue/drain/live-rows.ts";
const KEY_GROUP = "lib/core/ordered/key-group.ts";
const DRAIN_KEY = "lib/core/ordered/drain-key.ts";
const DELIVER_ROWS = "lib/core/ordered/deliver-rows.ts";
const PENDING_DELETES = "lib/core/delivery/deletes/pending-deletes.ts";

/** Variants that break a rule and mostly do no harm. The end of a run does not show them, so the checkers of processes must. */
export const RULE_MUTANTS: readonly Mutant[] = [
  runMutant(
    "working though the lease is another's",
    inFunction(REQUEUER, "requeue", 'if (lease.ok && !lease.value) return "lease-held";', ""),
  ),
  ofUnit("overlapping-runs", "the requeuer's lease given back right after the sample"),
  parkedKeyMutant(
    "a key kept in hand after its target failed",
    inFunction(DRAIN_KEY, "rest", "await ordering.keys.release(pk, owner);", ""),
  ),
  runMutant(
    "a lost lease on a key unnoticed",
    inFunction(
      DRAIN_KEY,
      "drainUpTo",
      'if (page.parkedKey?.owner !== owner) return { delivered, stop: { kind: "lease-lost" } };',
      "",
    ),
  ),
  runMutant(
    "the version not read again after a record was not closed",
    inFunction(DRAIN_KEY, "drainParked", "    version = parkedKey.version;\n", ""),
  ),
  runMutant(
    "a touch that met no parked-key record, taken for a parked key",
    inFunction(
      KEY_GROUP,
      "deliverKeyGroup",
      "if (!(await ordering.keys.touch(keyGroup.pk))) continue;",
      "await ordering.keys.touch(keyGroup.pk);",
    ),
  ),
  ofUnit("overlapping-runs", "the sweep not asking again whether a row is due"),
  runMutant(
    "not waiting for the delete of dead letters that are delivered",
    inFunction(
      ROW_DRAIN,
      "settle",
      "await deadLetters.delete(delivered);",
      "void deadLetters.delete(delivered).catch(() => undefined);",
    ),
  ),
  runMutant(
    "not waiting for the delete of dead letters whose rows are gone",
    inFunction(
      LIVE_ROWS,
      "liveRows",
      "await deadLetters.delete(found.done);",
      "void deadLetters.delete(found.done).catch(() => undefined);",
    ),
  ),
  gapMutant(
    "a predecessor that is there, taken for done",
    inFunction(DELIVER_ROWS, "predecessorOf", 'return { kind: "predecessor-waits" };', 'return "done";'),
  ),
  gapMutant(
    "a predecessor of which nobody knows, taken for done",
    inFunction(DELIVER_ROWS, "predecessorOf", 'return { kind: "predecessor-unknown" };', 'return "done";'),
  ),
  gapMutant(
    "a key read beyond what is known to be committed, by the relay",
    inFunction(
      KEY_GROUP,
      "deliverKeyGroup",
      "readKey(keyGroup.pk, { ceiling: keyGroup.ceiling, limit })",
      "readKey(keyGroup.pk, { ceiling: Number.MAX_SAFE_INTEGER, limit })",
    ),
  ),
  gapMutant(
    "a key read beyond what is known to be committed, by its drain",
    inFunction(
      DRAIN_KEY,
      "drainParked",
      "const ceiling = (await keys.highest(pk)) ?? 0;",
      "await keys.highest(pk);\n    const ceiling = Number.MAX_SAFE_INTEGER;",
    ),
  ),
  undeletedMutant(
    "no ceiling for what is acknowledged and not deleted",
    inFunction(
      "lib/core/delivery/deletes/places.ts",
      "fits",
      "return pendingDeletes + all + count <= MAX_PENDING_DELETES && heldBy",
      "return heldBy",
    ),
  ),
  undeletedMutant(
    "publishing on while deletes fail",
    inFunction(PENDING_DELETES, "reserve", "while (failures > 0 || !places.fits(", "while (!places.fits("),
  ),
  undeletedMutant(
    "a run that begins with rows of an earlier one not deleted",
    inFunction(
      REQUEUER,
      "deliverWaiting",
      "(await pendingDeletes.flush(deadlines.publishUntilMs)) > 0",
      "deadlines.publishUntilMs < 0",
    ),
  ),
  undeletedMutant(
    "a key closed while its rows are not deleted",
    inFunction(
      DRAIN_KEY,
      "drainUpTo",
      'if (!allDeleted) return { delivered, stop: { kind: "deadline-exceeded" } };',
      "",
    ),
  ),
  undeletedMutant(
    "a key read while the deletes of its rows are on the way",
    inFunction(
      KEY_GROUP,
      "deliverKeyGroup",
      "if (!(await pendingDeletes.untilDeleted(keyGroup.pk, publishUntilMs))) break;",
      "",
    ),
  ),
  ofUnit("undeleted", "rows that are acknowledged and not deleted yet, published again by the relay"),
  ofUnit("undeleted", "places kept by refused entries"),
  ofUnit("mixed", "a listener that each invocation adds to the process"),
  ofUnit("gaps", "not counting the part of an atomic batch that was acknowledged"),
  ofUnit("buses", "places kept by what was acknowledged and not proven to exist"),
  ofUnit("overlapping-runs", "a key's event refused for its own fault, taken for its destination's failure"),
  ofUnit("overlapping-runs", "any failure of a key's event taken for its destination's"),
];
