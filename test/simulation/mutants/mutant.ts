import type { Storm } from "../storms/scenario-shape.ts";
import type { Patch } from "./patched-bundle.ts";

/** A wrong variant of the protocol, each a mistake that looks reasonable. */
export interface Mutant {
  readonly name: string;
  /** The kind of storm in which its mistake shows. */
  readonly storm: Storm;
  readonly patches: readonly Patch[];
  /** The one checker that sees its mistake, where there is no other. */
  readonly onlyBy?: string;
}

export const mutantIn =
  (storm: Storm) =>
  (name: string, ...patches: readonly Patch[]): Mutant => ({ name, storm, patches });
export const mutant = mutantIn("mixed");
export const deadLetterMutant = mutantIn("dead-letters");
export const parkedKeyMutant = mutantIn("parked-keys");
export const busMutant = mutantIn("buses");
export const operatorMutant = mutantIn("operators");
export const neighbourMutant = mutantIn("neighbours");
export const onlyBy = (checker: string, wrong: Mutant): Mutant => ({ ...wrong, onlyBy: checker });
