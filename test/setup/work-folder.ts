import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** The folder for everything that the tests of a project write. */
    workFolder: string;
  }
}

/** Makes the folder before a project's first test, and removes it after the last one. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "outbox-relay-infra-"));
  project.provide("workFolder", folder);
  return () => rm(folder, { recursive: true, force: true });
}
