import { type Mutant, neighbourMutant, onlyBy } from "./mutant.ts";
import { inFile, inFunction } from "./patched-bundle.ts";

const DELIVER_CALL = "lib/core/delivery/call/deliver-call.ts";
const PUBLISH_IN_ORDER = "lib/core/ordered/publish-in-order.ts";
const TRIALS = "lib/core/delivery/trials.ts";
const PROBING_DELIVERY = "lib/core/requeue/probing-delivery.ts";
const FAULT_ATTRIBUTION = "lib/core/resilience/fault-attribution.ts";
const TARGET = "test/simulation/ports/target.ts";

/** Mistakes about events and destinations beside a bad one. */
export const NEIGHBOUR_MUTANTS: readonly Mutant[] = [
  neighbourMutant(
    "taking a call's failure for the target's, without trying its events alone",
    inFunction(
      DELIVER_CALL,
      "deliverCall",
      "(next === undefined || backoff.attempts >= WHOLE_ATTEMPTS)",
      "next === undefined && backoff.attempts < 0",
    ),
    inFunction(
      DELIVER_CALL,
      "deliverCall",
      "deferred.push(...doubtful.map((each) => judged(each, call, backoff.attempts, delivery)));",
      "outcomes.push(...doubtful.map((each) => exhausted(each, backoff, delivery)));",
    ),
  ),
  neighbourMutant(
    "taking a failed call of a key's run for the target's, without trying its first event alone",
    inFunction(
      PUBLISH_IN_ORDER,
      "afterFailure",
      "const isSomeones = isUnclear ? inCompany :",
      "const isSomeones = isUnclear ? false :",
    ),
    inFunction(
      PUBLISH_IN_ORDER,
      "afterFailure",
      "const goesAlone = failed.failedWhole",
      "const goesAlone = false && failed.failedWhole",
    ),
    inFunction(PUBLISH_IN_ORDER, "judged", "if (!isDoubtful(failure)) {", "if (true) {"),
  ),
  onlyBy(
    "NEIGHBOUR",
    neighbourMutant(
      "a probe that gives its destination up when it fails",
      inFunction(
        TRIALS,
        "end",
        "if (isProbe) probesOut -= 1;",
        "if (isProbe) {\n        probesOut -= 1;\n        isClosed ||= evidence.passes === 0;\n      }",
      ),
    ),
  ),
  neighbourMutant(
    "probing with the same event again and again",
    inFunction(TRIALS, "probe", 'if (evidence.failedAlone.has(eventId)) return { kind: "tried" };', ""),
    inFunction(
      PROBING_DELIVERY,
      "deliverTo",
      "const admission = await own.probe(event.id);",
      "const [first = event] = events;\n      const admission = await own.probe(first.id);",
    ),
    inFunction(
      PROBING_DELIVERY,
      "deliverTo",
      "tried.push(probe(destination, event, admission.trial));",
      "tried.push(probe(destination, first, admission.trial));",
    ),
  ),
  neighbourMutant(
    "blaming nobody for a failure that the target did not explain",
    inFunction(
      FAULT_ATTRIBUTION,
      "blameOf",
      'if (isSpared(evidence, doubtedAt)) return "event";',
      'if (isSpared(evidence, doubtedAt)) return "target";',
    ),
  ),
  neighbourMutant(
    "blaming whoever fails alone, whether or not others were acknowledged",
    inFunction(FAULT_ATTRIBUTION, "blameOf", 'return evidence.passes > 0 ? "event" : "undecided";', 'return "event";'),
  ),
  neighbourMutant(
    "taking a full route for the whole destination",
    inFile(TARGET, 'message: "full", route: "full" }', 'message: "full" }'),
  ),
];
