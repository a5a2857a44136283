import type { Patch } from "../simulation/patched-bundle.ts";

/** A wrong variant that no storm shows, or only by luck: one unit test is there for it. */
export interface UnitMutant {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** The file with the test that fails. */
  readonly test: string;
}

const unitMutant = (test: string) => (name: string, file: string, find: string, replace: string) => ({
  name,
  test,
  patches: [{ file, find, replace }],
});
const ofRun = unitMutant("test/core/requeue/run.test.ts");
const ofProbing = unitMutant("test/core/requeue/probing.test.ts");
const ofUndeleted = unitMutant("test/core/undeleted-rows.test.ts");
const ofPacedLine = unitMutant("test/core/delivery/adaptive-rate-limiter.test.ts");

const REQUEUER = "lib/core/requeue/requeuer.ts";
const DRAIN = "lib/core/requeue/drain.ts";
const CAREFUL_IN_ORDER = "lib/core/requeue/probing-in-order.ts";
const IN_ORDER = "lib/core/ordered/publish-in-order.ts";
const HEALTH = "lib/core/requeue/target-health.ts";
const TRIALS = "lib/core/delivery/trials.ts";

export const UNIT_MUTANTS: readonly UnitMutant[] = [
  ofRun(
    "the requeuer's lease given back right after the sample",
    REQUEUER,
    "const sample = sampled.ok ? sampled.value : NOTHING_SEEN;",
    "const sample = sampled.ok ? sampled.value : NOTHING_SEEN;\n    if (lease.ok) await table.releaseLease(owner);",
  ),
  ofRun(
    "the sweep not asking again whether a row is due",
    "lib/core/requeue/sweep.ts",
    "read.filter((row) => maySweep(seenOf(row), clock.now()))",
    "read.filter((row) => seenOf(row) !== undefined)",
  ),
  ofRun(
    "not waiting for the delete of messages that are delivered",
    DRAIN,
    "await deadLetters.delete(delivered);",
    "void deadLetters.delete(delivered);",
  ),
  ofRun(
    "not waiting for the delete of messages whose rows are gone",
    DRAIN,
    "await deadLetters.delete(found.done);",
    "void deadLetters.delete(found.done);",
  ),
  ofRun(
    "not waiting for the delete of messages that hold stream positions",
    DRAIN,
    "await deadLetters.delete(positions);",
    "void deadLetters.delete(positions);",
  ),
  ofRun(
    "a run that goes on when every known destination has failed",
    HEALTH,
    'known.size > 0 && [...known].every((destination) => of(destination) === "unavailable")',
    "known.size < 0",
  ),
  ofRun(
    "a run that ends when one known destination of several has failed",
    HEALTH,
    "[...known].every(",
    "[...known].some(",
  ),
  ofUndeleted(
    "rows that are acknowledged and not deleted yet, published again by the relay",
    "lib/core/relay/relay.ts",
    "const known = chunk.filter(({ row }) => !pendingDeletes.has({ ...row.key, id: idOf(row.content) }));",
    "const known = chunk;",
  ),
  ofUndeleted(
    "places kept by what was acknowledged and not proven to exist",
    "lib/core/delivery/delete-confirmed.ts",
    "  pendingDeletes.release(destination, events.length);\n",
    "",
  ),
  ofUndeleted(
    "places kept by refused entries",
    "lib/core/delivery/call.ts",
    "  pendingDeletes.release(destination, events.length - accepted.length);\n",
    "",
  ),
  ofUndeleted(
    "not counting the part of an atomic batch that was acknowledged",
    IN_ORDER,
    "          delivered += attempt.delivered;\n",
    "          if (attempt.failure === undefined) delivered += attempt.delivered;\n",
  ),
  ofPacedLine(
    "several movers of a adaptive rate limiter at once",
    "lib/core/delivery/adaptive-rate-limiter.ts",
    "if (!moving) void move();",
    "void move();",
  ),
  ofProbing(
    "a key's event refused for its own fault, taken for its destination's failure",
    CAREFUL_IN_ORDER,
    'failure?.scope === "target" && failure.route === undefined',
    'failure?.scope === "target" || failure?.route === undefined',
  ),
  ofProbing(
    "any failure of a key's event taken for its destination's",
    CAREFUL_IN_ORDER,
    'failure?.scope === "target" && failure.route === undefined',
    "failure !== undefined",
  ),
  ofProbing(
    "a failure that nobody can judge yet, taken for the destination's",
    CAREFUL_IN_ORDER,
    'stop?.kind === "failed" && !stop.undecided ? stop.failure',
    'stop?.kind === "failed" ? stop.failure',
  ),
  ofProbing(
    "an event refused for its own fault, taken for a proof of its destination",
    "lib/core/requeue/probing-delivery.ts",
    "return deliverProbe(destination, event, trial, delivery, deadlines);",
    "const outcomes = await deliverProbe(destination, event, trial, delivery, deadlines);\n    trials.of(destination).passed();\n    return outcomes;",
  ),
  ofProbing(
    "a destination that throttled the probe, tried by the next event",
    "lib/core/delivery/deliver-call.ts",
    "if (trial.isProbe && outcomes.some(isKeptOut)) delivery.trials.of(destination).fail();",
    "",
  ),
  ofProbing(
    "a destination that throttled a key's probe, tried by the next key",
    IN_ORDER,
    '} else if (trial.isProbe && failure.scope === "target" && !isDoubtful(failure)) trials.of(destination).fail();',
    "}",
  ),
  ofProbing(
    "keys turned away while another one probes",
    TRIALS,
    "await new Promise<void>((resolve) => probers.push(resolve));",
    'return { kind: "tried" };',
  ),
];
