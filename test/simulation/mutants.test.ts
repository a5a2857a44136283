import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { UNIT_MUTANTS } from "../core/unit-mutants.ts";
import { MUTANTS } from "./mutants.ts";
import { patched } from "./patched-bundle.ts";

const ROOT = join(import.meta.dirname, "..", "..");

it.each([...MUTANTS, ...UNIT_MUTANTS].map(({ name, patches }) => [name, patches] as const))(
  "%s: fits the code as it is",
  (_name, patches) => {
    const sources = new Map<string, string>();
    for (const patch of patches) {
      const before = sources.get(patch.file) ?? readFileSync(join(ROOT, patch.file), "utf8");
      const after = patched(before, patch);
      expect(after).not.toBe(before);
      sources.set(patch.file, after);
    }
  },
);
