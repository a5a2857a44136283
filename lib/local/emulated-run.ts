import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describeExit } from "./child-process.ts";
import { type Emulator, type EmulatorOptions, provideEmulator } from "./emulator/emulator.ts";
import { isolateProcess } from "./environment.ts";
import { Lifetime } from "./lifetime.ts";
import { LocalRunError } from "./local-run-error.ts";
import type { ProgramContext } from "./program.ts";
import { makeRunFolder, type RunFolder } from "./run-folder.ts";

/** One run on an emulator. */
export interface EmulatedRun {
  readonly runFolder: RunFolder;
  /** Ends what the work started, before the emulator. */
  readonly lifetime: Lifetime;
  /** The environment of the person's shell. */
  readonly inherited: NodeJS.ProcessEnv;
  /** Aborted when the run must stop, or has failed. */
  readonly signal: AbortSignal;
}

export interface EmulatedRunOptions extends Pick<EmulatorOptions, "functionVariables" | "account"> {
  readonly context: Pick<ProgramContext, "environment" | "signal">;
  readonly say: (line: string) => void;
  /** Resolves with the exit code. */
  readonly work: (run: EmulatedRun, emulator: Emulator) => Promise<number>;
}

/**
 * Provides an emulator for some work. When this settles, everything that was started has ended, and its files are deleted
 * but for the logs of a failure.
 *
 * @returns the work's exit code.
 * @throws LocalRunError for a failure that a person can fix; the signal's reason if the run was stopped.
 */
export async function runOnEmulator(options: EmulatedRunOptions): Promise<number> {
  const { environment, signal } = options.context;
  const runFolder = await makeRunFolder();
  const lifetime = new Lifetime();
  const ending = new AbortController();
  const run: EmulatedRun = {
    runFolder,
    lifetime,
    inherited: { ...environment },
    signal: AbortSignal.any([signal, ending.signal]),
  };
  let code: number | undefined;
  try {
    code = await workOnEmulator(run, options);
    return code;
  } catch (error) {
    if (signal.aborted) {
      throw signal.reason;
    }
    throw await forPeople(error, runFolder);
  } finally {
    ending.abort();
    for (const problem of await lifetime.end()) {
      options.say(problem);
    }
    await runFolder.remove({ keepLogs: code !== 0 && !signal.aborted });
  }
}

async function workOnEmulator(run: EmulatedRun, options: EmulatedRunOptions): Promise<number> {
  const { say, work, context, functionVariables, account } = options;
  const { inherited, runFolder, lifetime, signal } = run;
  const startedMs = performance.now();
  const emulator = await provideEmulator({
    ...{ inherited, runFolder, signal, account },
    say: (line) => say(`  ${line}`),
    ...(functionVariables === undefined ? {} : { functionVariables }),
  });
  lifetime.defer("The emulator", () => emulator.end());
  isolateProcess(context.environment, emulator.endpoint);
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  say(`  ${emulator.description} answers at ${emulator.endpoint} after ${seconds} s`);

  const failed = emulator.exit.then((exit) => {
    throw new LocalRunError(`The emulator stopped in the middle of the run: ${describeExit(exit)}.`);
  });
  const working = work(run, emulator);
  try {
    return await Promise.race([working, failed]);
  } catch (error) {
    // After the abort, remaining work ends by itself; its results are ignored.
    working.catch(() => {});
    throw error;
  }
}

/** Adds the place of the logs to an error, if there are logs. An unexpected error leaves its stack there. */
async function forPeople(error: unknown, { logs }: RunFolder): Promise<LocalRunError> {
  if (!(error instanceof LocalRunError)) {
    const [what, stack] =
      error instanceof Error ? [`${error.name}: ${error.message}`, error.stack] : [String(error), ""];
    await writeFile(join(logs, "error.log"), `${what}\n${stack}\n`);
    return new LocalRunError(`The local run failed: ${what}\nThe logs are in ${logs}`, { cause: error });
  }
  const mentioned = error.message.includes(logs) || (await readdir(logs)).length === 0;
  return mentioned ? error : new LocalRunError(`${error.message}\nThe logs are in ${logs}`, { cause: error });
}
