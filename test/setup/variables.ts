import { vi } from "vitest";

/** Sets variables of the environment for the rest of a test: `own-process.ts` gives back what there was. */
export function setVariables(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}
