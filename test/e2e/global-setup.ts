import type { TestProject } from "vitest/node";
import { deploy } from "../../lib/local/deploy.ts";
import { provideEmulator } from "../../lib/local/emulator/emulator.ts";
import { Lifetime } from "../../lib/local/lifetime.ts";
import { makeRunFolder } from "../../lib/local/run-folder.ts";
import { DEPLOYED_SETTINGS } from "./harness/local-stack.ts";

const lifetime = new Lifetime();

/** Provides one emulator with the deployed app for all end-to-end tests, by the same means as `npm start`. */
export async function setup(project: TestProject): Promise<void> {
  const inherited = { ...process.env };
  const { signal } = new AbortController();
  const runFolder = await makeRunFolder();
  // Logs stay until the next start, for the set-up does not know whether a test failed.
  lifetime.defer("The run folder", () => runFolder.remove({ keepLogs: true }));
  try {
    const emulator = await provideEmulator({ inherited, runFolder, signal, say: (line) => console.log(line) });
    lifetime.defer("The emulator", () => emulator.end());
    const deployment = await deploy({ emulator, runFolder, inherited, signal, settings: DEPLOYED_SETTINGS });
    project.provide("localStack", {
      endpoint: emulator.endpoint,
      hostForFunctions: emulator.hostForFunctions,
      deployment,
      logs: runFolder.logs,
    });
  } catch (error) {
    await teardown();
    throw error;
  }
}

export async function teardown(): Promise<void> {
  const problems = await lifetime.end();
  if (problems.length > 0) {
    throw new Error(problems.join("\n"));
  }
}
