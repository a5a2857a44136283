import { type Mutant, mutant } from "./mutant.ts";
import { OWN_ROWS, WHOLE_PAGE } from "./own-rows.ts";
import { answering, inFunction } from "./patched-bundle.ts";

const KEY_GROUP = "lib/core/ordered/key-group.ts";
const WRITER = "test/simulation/writer.ts";
const BATCHES = "lib/core/ordered/batches-of-key.ts";

/** Mistakes about the order of a key's events. */
export const KEY_ORDER_MUTANTS: readonly Mutant[] = [
  mutant("trusting stream order", inFunction(KEY_GROUP, "deliverKeyGroup", WHOLE_PAGE, OWN_ROWS)),
  mutant("timestamps as sequence", answering(WRITER, "sequenceAfter", "((last * 7_919 + 4_729) % 1_000) + 1")),
  mutant(
    "two events of one key in a transaction, where there is no order",
    answering(WRITER, "sequenceAfter", "(last === 0 ? 2 : last % 2 === 0 ? last - 1 : last + 3)"),
  ),
  mutant(
    "several entries of one key in one call that is not atomic",
    inFunction(BATCHES, "batchesOf", "      atomicBatches === true &&\n", ""),
  ),
];
