import type { Patch } from "../simulation/mutants/patched-bundle.ts";

/** A wrong variant that hardly any storm shows. A unit test finds it. */
export interface UnitMutant {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** The file with the test that fails. */
  readonly test: string;
}

export const unitMutant =
  (test: string) =>
  (name: string, ...patches: readonly Patch[]): UnitMutant => ({ name, test, patches });
