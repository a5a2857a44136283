import { ACKNOWLEDGEMENT_MUTANTS } from "./acknowledgement.ts";
import { ANSWER_MUTANTS } from "./answers.ts";
import { ARCHIVE_MUTANTS } from "./archive.ts";
import { DEAD_LETTER_MUTANTS } from "./dead-letters.ts";
import { EXISTENCE_MUTANTS } from "./existence.ts";
import { KEY_ORDER_MUTANTS } from "./key-order.ts";
import type { Mutant } from "./mutant.ts";
import { NEIGHBOUR_MUTANTS } from "./neighbours.ts";
import { OPERATOR_MUTANTS } from "./operators.ts";
import { PARKED_KEY_MUTANTS } from "./parked-keys.ts";
import { RULE_MUTANTS } from "./rules.ts";

/** The wrong variants that the checkers of the simulation find. */
export const MUTANTS: readonly Mutant[] = [
  ...DEAD_LETTER_MUTANTS,
  ...EXISTENCE_MUTANTS,
  ...ACKNOWLEDGEMENT_MUTANTS,
  ...ANSWER_MUTANTS,
  ...KEY_ORDER_MUTANTS,
  ...PARKED_KEY_MUTANTS,
  ...OPERATOR_MUTANTS,
  ...NEIGHBOUR_MUTANTS,
  ...ARCHIVE_MUTANTS,
  ...RULE_MUTANTS,
];
