import type { TestProject } from "vitest/node";
import { deploy, synthesize } from "../../lib/local/deploy.ts";
import { provideEmulator } from "../../lib/local/emulator/emulator.ts";
import { Lifetime } from "../../lib/local/lifetime.ts";
import { makeRunFolder } from "../../lib/local/run-folder.ts";
import { DEPLOYED_SETTINGS, type LocalStack } from "./harness/local-stack.ts";

const lifetime = new Lifetime();

/**
 * Provides an emulator with the deployed app for each process that runs test files, by the same means as `npm start`. Most tests
 * wait for something, so files run side by side, and each has a stack to itself.
 */
export async function setup(project: TestProject): Promise<void> {
  // An emulator that somebody else started can hold one stack of this name only.
  const { AWS_ENDPOINT_URL: _others, ...inherited } = process.env;
  const { signal } = new AbortController();
  const settings = DEPLOYED_SETTINGS;
  const emulators: Awaited<ReturnType<typeof startEmulator>>[] = [];
  try {
    // One after another: the first one may have to install the emulator.
    for (let count = 0; count < Number(project.config.maxWorkers); count += 1) {
      emulators.push(await startEmulator(inherited, signal));
    }
    const [first] = emulators;
    if (first === undefined) throw new Error(`The project ${project.name} runs no test file: maxWorkers is 0`);
    const app = await synthesize({
      ...first,
      ...{ inherited, signal, settings, name: "assembly", where: "emulator" as const },
    });
    const deployed = emulators.map(async ({ emulator, runFolder }): Promise<LocalStack> => {
      const deployment = await deploy({ emulator, runFolder, inherited, signal, settings, app });
      const { endpoint, hostForFunctions } = emulator;
      return { endpoint, hostForFunctions, deployment, logs: runFolder.logs };
    });
    project.provide("localStacks", await Promise.all(deployed));
  } catch (error) {
    await teardown();
    throw error;
  }
}

async function startEmulator(inherited: NodeJS.ProcessEnv, signal: AbortSignal) {
  const runFolder = await makeRunFolder();
  // Logs stay until the next start, for the set-up does not know whether a test failed.
  lifetime.defer("The run folder", () => runFolder.remove({ keepLogs: true }));
  const emulator = await provideEmulator({ inherited, runFolder, signal, say: (line) => console.log(line) });
  lifetime.defer("The emulator", () => emulator.end());
  return { emulator, runFolder };
}

export async function teardown(): Promise<void> {
  const problems = await lifetime.end();
  if (problems.length > 0) {
    throw new Error(problems.join("\n"));
  }
}
