import { busMutant, type Mutant, mutant } from "./mutant.ts";
import { inFunction } from "./patched-bundle.ts";

const ANSWERS = "lib/targets/eventbridge/answers.ts";
const ENTRY_RESULTS = "lib/targets/shared/run/entry-results.ts";

/** Mistakes about what the target's answers and errors mean. */
export const ANSWER_MUTANTS: readonly Mutant[] = [
  mutant(
    "an entry with neither id nor error taken for acknowledged",
    inFunction(
      ANSWERS,
      "entryAnswer",
      "if (eventId !== undefined && (ErrorCode ?? undefined) === undefined) return acknowledgedAs({ eventId });",
      "if ((ErrorCode ?? undefined) === undefined) return acknowledgedAs({ eventId });",
    ),
  ),
  mutant(
    "an error that tells nothing taken for the event's own",
    inFunction(ENTRY_RESULTS, "entryResults", 'scope: othersPass ? "event" : "target"', 'scope: "event"'),
  ),
  busMutant(
    "a denied check taken for one that proved nothing",
    inFunction(ANSWERS, "failedCheck", 'return isDenial(error) ? "denied" : "unanswered";', 'return "unanswered";'),
  ),
  busMutant(
    "a check that finds no bus taken for one that proved nothing",
    inFunction(ANSWERS, "failedCheck", 'return "missing";', 'return "unanswered";'),
  ),
];
