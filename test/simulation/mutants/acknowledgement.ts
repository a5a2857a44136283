import { type Mutant, mutant } from "./mutant.ts";
import { inFunction } from "./patched-bundle.ts";

const CALL_RESULTS = "lib/core/delivery/call/call-results.ts";
const CALL = "lib/core/delivery/call/call.ts";
const ROW_AGE = "lib/core/requeue/sweep/row-age.ts";

/** Mistakes about what an acknowledgement is, and what may follow it. */
export const ACKNOWLEDGEMENT_MUTANTS: readonly Mutant[] = [
  mutant(
    "treating a timeout as success",
    inFunction(
      CALL_RESULTS,
      "partResults",
      'const refused = own.find((result) => result.kind !== "acknowledged");',
      'const refused = own.find((result) => result.kind !== "acknowledged" && result.failure.class !== "ambiguous");',
    ),
  ),
  mutant(
    "deleting before the acknowledgement",
    inFunction(
      CALL,
      "makeCall",
      "const calledAtMs = clock.now();",
      "const calledAtMs = clock.now();\n  for (const event of events) pendingDeletes.startDelete(destination, event);",
    ),
  ),
  mutant("sweeping without grace", inFunction(ROW_AGE, "isDue", "nowMs - sinceMs >= minAgeMs && isRested", "isRested")),
];
