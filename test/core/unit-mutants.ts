import { answering, inFunction } from "../simulation/mutants/patched-bundle.ts";
import { ARCHIVE_UNIT_MUTANTS } from "./archive/unit-mutants.ts";
import { type UnitMutant, unitMutant } from "./unit-mutant.ts";

const ofRun = unitMutant("test/core/requeue/run.test.ts");
const ofUndeleted = unitMutant("test/core/delivery/deletes/undeleted-rows.test.ts");
const ofUnconfirmed = unitMutant("test/core/ordered/unconfirmed.test.ts");
const ofRateLimiter = unitMutant("test/core/delivery/limiter/adaptive-rate-limiter.test.ts");
const ofHanging = unitMutant("test/core/requeue/hanging-destination.test.ts");
const ofProbing = unitMutant("test/core/requeue/probing.test.ts");
const ofSleep = unitMutant("test/aws/system.test.ts");
const ofGivenBack = unitMutant("test/core/process/given-back.test.ts");

const ON_ABORT = "lib/core/on-abort.ts";
const PROCESS = "lib/core/process/process.ts";
const REQUEUER = "lib/core/requeue/requeuer.ts";
const SWEEP = "lib/core/requeue/sweep/sweep.ts";
const DRAIN = "lib/core/requeue/drain/drain.ts";
const ROW_DRAIN = "lib/core/requeue/drain/row-drain.ts";
const LIVE_ROWS = "lib/core/requeue/drain/live-rows.ts";
const KEY_DRAINS = "lib/core/requeue/drain/key-drains.ts";
const SWEEP_LINES = "lib/core/requeue/sweep/sweep-lines.ts";
const LATE_DESTINATIONS = "lib/core/requeue/late-destinations.ts";
const TARGET_HEALTH = "lib/core/requeue/target-health.ts";
const RELAY = "lib/core/relay/relay.ts";
const DELETE_CONFIRMED = "lib/core/delivery/deletes/delete-confirmed.ts";
const CALL = "lib/core/delivery/call/call.ts";
const PUBLISH_IN_ORDER = "lib/core/ordered/publish-in-order.ts";
const ADAPTIVE_RATE_LIMITER = "lib/core/delivery/limiter/adaptive-rate-limiter.ts";
const PROBING_DELIVERY = "lib/core/requeue/probing-delivery.ts";
const DELIVER_CALL = "lib/core/delivery/call/deliver-call.ts";
const TRIALS = "lib/core/delivery/trials.ts";

const ofForeignRows = unitMutant("test/conformance/memory.test.ts");
const ofParallel = unitMutant("test/core/parallel.test.ts");
const ITEM_KIND = "lib/contract/codec/item-kind.ts";
const PARALLEL = "lib/core/parallel.ts";

const ofLimiter = unitMutant("test/core/delivery/limiter/destination-limiter.test.ts");
const ofPendingDeletes = unitMutant("test/core/delivery/deletes/pending-deletes.test.ts");
const ofPlaces = unitMutant("test/core/delivery/deletes/places.test.ts");
const DESTINATION_LIMITER = "lib/core/delivery/limiter/destination-limiter.ts";
const PENDING_DELETES = "lib/core/delivery/deletes/pending-deletes.ts";
const PLACES = "lib/core/delivery/deletes/places.ts";

const ofRelease = unitMutant("test/operator/core/release.test.ts");
const RELEASE = "lib/operator/core/release.ts";

export const UNIT_MUTANTS: readonly UnitMutant[] = [
  ofRelease(
    "releasing an event in order without the lease on its parked-key record",
    inFunction(
      RELEASE,
      "releaseInOrder",
      "const taken = await takeKey(pk, owner, ports);",
      'const taken = { kind: "taken", version: (parkedKey?.version ?? 0) + 1 } as const;',
    ),
    inFunction(RELEASE, "releaseInOrder", "(await keepKey(pk, owner, ports)) !== undefined", "true"),
  ),
  ofRun(
    "the requeuer's lease given back right after the sample",
    inFunction(
      REQUEUER,
      "requeue",
      "const sample = sampled.ok ? sampled.value : NOTHING_SEEN;",
      "const sample = sampled.ok ? sampled.value : NOTHING_SEEN;\n    if (lease.ok) await table.releaseLease(owner);",
    ),
  ),
  ofRun(
    "the sweep not asking again whether a row is due",
    inFunction(
      SWEEP,
      "deliverSeen",
      "read.filter((row) => maySweep(seenOf(row), clock.now()))",
      "read.filter((row) => seenOf(row) !== undefined)",
    ),
  ),
  ofRun(
    "not waiting for the delete of messages that are delivered",
    inFunction(ROW_DRAIN, "settle", "await deadLetters.delete(delivered);", "void deadLetters.delete(delivered);"),
  ),
  ofRun(
    "not waiting for the delete of messages whose rows are gone",
    inFunction(LIVE_ROWS, "liveRows", "await deadLetters.delete(found.done);", "void deadLetters.delete(found.done);"),
  ),
  ofRun(
    "not waiting for the delete of messages that hold stream positions",
    inFunction(DRAIN, "sorted", "await deadLetters.delete(positions);", "void deadLetters.delete(positions);"),
  ),
  ofRun("a run that goes on when every known destination has failed", answering(TARGET_HEALTH, "allFailed", "false")),
  ofRun(
    "a run that ends when one known destination of several has failed",
    inFunction(TARGET_HEALTH, "allFailed", "[...known].every(", "[...known].some("),
  ),
  ofHanging(
    "a round of dead letters that waits for all of its destinations",
    inFunction(LATE_DESTINATIONS, "unlessLate", "PATIENCE_MS", "2 ** 31"),
  ),
  ofHanging(
    "a turn of the sweep that waits for all of its destinations",
    inFunction(SWEEP_LINES, "over", "delivery.areSeveral() ? late.unlessLate(destination, work) : work", "work"),
  ),
  ofHanging(
    "a destination's keys that keep all places for as long as it hangs",
    inFunction(
      KEY_DRAINS,
      "place",
      "late.add(destination, work);",
      "await Promise.race(waited.map((drain) => drain.work));",
    ),
  ),
  ofHanging(
    "dead letters of a slow destination hidden instead of standing in line",
    inFunction(ROW_DRAIN, "standInLine", "MOST_IN_LINE - line.length", "0"),
  ),
  ofHanging(
    "a slow destination's line worked off by one work",
    inFunction(ROW_DRAIN, "standInLine", "< ROUNDS_AT_ONCE", "< 1"),
  ),
  ofHanging(
    "a row published by the sweep while its dead letter's late work is at it",
    inFunction(SWEEP, "sweepRows", " && !inHand.has(row.key)", ""),
  ),
  ofUndeleted(
    "rows that are acknowledged and not deleted yet, published again by the relay",
    inFunction(
      RELAY,
      "stillUndelivered",
      "const known = chunk.filter(({ row }) => !pendingDeletes.has({ ...row.key, id: idOf(row.content) }));",
      "const known = chunk;",
    ),
  ),
  ofUndeleted(
    "places kept by what was acknowledged and not proven to exist",
    inFunction(DELETE_CONFIRMED, "deleteConfirmed", "  pendingDeletes.release(destination, count);\n", ""),
  ),
  ofUndeleted(
    "places kept by refused entries",
    inFunction(CALL, "makeCall", "  pendingDeletes.release(destination, events.length - accepted.length);\n", ""),
  ),
  ofUndeleted(
    "not counting the part of an atomic batch that was acknowledged",
    inFunction(
      PUBLISH_IN_ORDER,
      "publishBatch",
      "          delivered += attempt.delivered;\n",
      "          if (attempt.failure === undefined) delivered += attempt.delivered;\n",
    ),
  ),
  ofUnconfirmed(
    "an event in order blamed for its destination, which no check found since",
    inFunction(
      PUBLISH_IN_ORDER,
      "publishBatch",
      "stop: failedStop(event, progress, attempt.failure) };",
      "stop: await judged(event, { ...progress, failure: attempt.failure }, trial) };",
    ),
  ),
  ofRateLimiter(
    "several movers of an adaptive rate limiter at once",
    inFunction(ADAPTIVE_RATE_LIMITER, "turn", "if (!moving) void move();", "void move();"),
  ),
  ofProbing(
    "a key's event refused for its own fault, taken for its destination's failure",
    inFunction(
      TARGET_HEALTH,
      "judge",
      "failure !== undefined && isOfTarget(failure)",
      'failure?.scope === "target" || failure?.route === undefined',
    ),
  ),
  ofProbing(
    "any failure of a key's event taken for its destination's",
    inFunction(TARGET_HEALTH, "judge", "failure !== undefined && isOfTarget(failure)", "failure !== undefined"),
  ),
  ofProbing(
    "a failure that nobody can judge yet, taken for the destination's",
    inFunction(TARGET_HEALTH, "judge", "failed === undefined || failed.undecided ?", "failed === undefined ?"),
  ),
  ofProbing(
    "an event refused for its own fault, taken for a proof of its destination",
    inFunction(
      PROBING_DELIVERY,
      "probe",
      "return deliverProbe(destination, event, trial, delivery, deadlines);",
      "const outcomes = await deliverProbe(destination, event, trial, delivery, deadlines);\n    trials.of(destination).passed();\n    return outcomes;",
    ),
  ),
  ofProbing(
    "a destination that throttled the probe, tried by the next event",
    inFunction(
      DELIVER_CALL,
      "deliverCall",
      "if (trial.isProbe && outcomes.some(isKeptOut)) delivery.trials.of(destination).fail();",
      "",
    ),
  ),
  ofProbing(
    "a destination that throttled a key's probe, tried by the next key",
    inFunction(
      PUBLISH_IN_ORDER,
      "judged",
      '} else if (trial.isProbe && failure.scope === "target" && !isDoubtful(failure)) trials.of(destination).fail();',
      "}",
    ),
  ),
  ofProbing(
    "keys turned away while another one probes",
    inFunction(
      TRIALS,
      "probe",
      "await new Promise<void>((resolve) => probers.push(resolve));",
      'return { kind: "tried" };',
    ),
  ),
  ofLimiter(
    "a place kept by a call that the breaker turns away",
    inFunction(DESTINATION_LIMITER, "enter", 'giveBack();\n        return "breaker-open";', 'return "breaker-open";'),
  ),
  ofLimiter(
    "a call that one of its events may have failed, taken for an answer",
    inFunction(DESTINATION_LIMITER, "leave", ' && verdict !== "unclear"', ""),
  ),
  ofLimiter(
    "a cooldown that an answer ends which was still out",
    inFunction(DESTINATION_LIMITER, "leave", "!isCoolingDown() && ", ""),
  ),
  ofPendingDeletes(
    "a place kept by an event that is acknowledged twice",
    inFunction(
      PENDING_DELETES,
      "startDelete",
      "places.giveBack(destination, 1);\n      const text = refText(row);\n      if (pending.has(text)) return;",
      "const text = refText(row);\n      if (pending.has(text)) return;\n      places.giveBack(destination, 1);",
    ),
  ),
  ofPendingDeletes("publishing on while deletes fail", inFunction(PENDING_DELETES, "reserve", "failures > 0 || ", "")),
  ofPlaces(
    "pending rows shared out as if they were places",
    inFunction(PLACES, "shareOf", "MAX_PENDING_DELETES - pendingDeletes - ofOthers", "MAX_PENDING_DELETES - ofOthers"),
  ),
  ofForeignRows(
    "a key that begins as the relay's own do, taken for a lease and never seen again",
    answering(ITEM_KIND, "isLeasePartition", 'pk.startsWith("_")'),
  ),
  ofForeignRows(
    "an event at sort key 0, taken for a parked-key record and never seen again",
    inFunction(ITEM_KIND, "kindOfItem", 'return isRecord ? "parked-key" : "row";', 'return "parked-key";'),
  ),
  ofParallel(
    "a concurrency of NaN that handles nothing, and is done",
    inFunction(PARALLEL, "boundedMap", "  refuseUnlessWidth(width);\n", ""),
  ),
  ofParallel(
    "a concurrency of NaN that never begins",
    inFunction(PARALLEL, "semaphore", "  refuseUnlessWidth(width);\n", ""),
  ),
  ofSleep(
    "a listener that stays on its signal when the sleep is over",
    inFunction(
      ON_ABORT,
      "onAbort",
      'return () => signal?.removeEventListener("abort", stop);',
      "return () => undefined;",
    ),
  ),
  ofSleep(
    "a sleep over a signal that was aborted before it",
    inFunction(ON_ABORT, "onAbort", "if (signal?.aborted === true) stop();\n  else signal", "signal"),
  ),
  ofGivenBack(
    "a listener that each invocation adds to the process",
    inFunction(
      PROCESS,
      "invocationOf",
      "calls.begin(endMs);",
      'calls.begin(endMs);\n  process.on("exit", () => calls.begin(0));',
    ),
  ),
  ...ARCHIVE_UNIT_MUTANTS,
];
