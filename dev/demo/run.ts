import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describeExit } from "../../lib/local/child-process.ts";
import { type Emulator, provideEmulator } from "../../lib/local/emulator/emulator.ts";
import { isolateProcess } from "../../lib/local/environment.ts";
import { type Interrupted, Lifetime } from "../../lib/local/lifetime.ts";
import { LocalRunError } from "../../lib/local/local-run-error.ts";
import { makeRunFolder, type RunFolder } from "../../lib/local/run-folder.ts";
import { keepLines } from "./keep.ts";
import type { RunOptions } from "./options.ts";
import { duration } from "./progress.ts";
import { kept, reportLines } from "./report.ts";
import { REQUEUE_PAUSE_MS } from "./requeue-loop.ts";
import { openScreen, type ScreenOutput } from "./screen.ts";
import { setTheStage } from "./set-the-stage.ts";
import { runShow } from "./show.ts";
import type { Run } from "./stage.ts";

export interface RunContext {
  readonly output: ScreenOutput;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted with an {@link Interrupted} when the run must stop. */
  readonly signal: AbortSignal;
}

/** Work on a running emulator. Resolves with the exit code. */
export type Performance = (run: Run, emulator: Emulator) => Promise<number>;

/**
 * The whole local run: emulator, deployment, show, report. When it settles, everything it started has ended.
 *
 * @param perform the work on the emulator. @default the show of `npm start`
 * @returns the exit code: 0 when nothing was lost and nothing was left behind.
 * @throws LocalRunError for a failure that a person can fix; an {@link Interrupted} if the run was stopped.
 */
export async function runLocal(
  options: RunOptions,
  { output, environment, signal }: RunContext,
  perform: Performance = playShow,
): Promise<number> {
  const screen = openScreen(output);
  const runFolder = await makeRunFolder();
  const lifetime = new Lifetime();
  const ending = new AbortController();
  const run: Run = {
    options,
    screen,
    runFolder,
    lifetime,
    inherited: { ...environment },
    signal: AbortSignal.any([signal, ending.signal]),
  };
  let code: number | undefined;
  const playing = play(run, environment, perform);
  try {
    code = await playing;
    return code;
  } catch (error) {
    if (signal.aborted) {
      throw signal.reason;
    }
    throw await forPeople(error, runFolder);
  } finally {
    ending.abort();
    screen.clear();
    for (const problem of await lifetime.end()) {
      screen.say(problem);
    }
    await runFolder.remove({ keepLogs: code !== 0 && !signal.aborted });
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

async function play(run: Run, environment: NodeJS.ProcessEnv, perform: Performance): Promise<number> {
  const { inherited, runFolder, lifetime, signal, screen } = run;
  screen.say("Outbox relay, local run. No AWS account is used.");
  const startedMs = performance.now();
  const emulator = await provideEmulator({ inherited, runFolder, signal, say: (line) => screen.say(`  ${line}`) });
  lifetime.defer("The emulator", () => emulator.end());
  isolateProcess(environment, emulator.endpoint);
  screen.say(
    `  ${emulator.description} answers at ${emulator.endpoint} after ${duration(performance.now() - startedMs)}`,
  );

  const failed = emulator.exit.then((exit) => {
    throw new LocalRunError(`The emulator stopped in the middle of the run: ${describeExit(exit)}.`);
  });
  const playing = perform(run, emulator);
  try {
    return await Promise.race([playing, failed]);
  } catch (error) {
    // After the abort, remaining work ends by itself; its results are ignored.
    playing.catch(() => {});
    throw error;
  }
}

async function playShow(run: Run, emulator: Emulator): Promise<number> {
  const { options, screen, signal } = run;
  let showArrivals = false;
  const stage = await setTheStage(run, emulator, ({ event, eventId, latencyMs }) => {
    if (showArrivals) {
      screen.say(
        `  delivered ${String(event["type"])} ${eventId} after ${duration(latencyMs)}: ${JSON.stringify(event)}`,
      );
    }
  });
  screen.say(
    `  writing ${options.events} orders, ${options.ratePerSecond} a second; the requeuer runs every ${REQUEUE_PAUSE_MS / 1000} s here, every minute by its schedule`,
  );
  screen.say("  waiting: rows in the outbox table; parked: those of them with a message in the dead-letter queue");
  const result = await runShow(stage, options);
  const code = kept(result) ? 0 : 1;
  screen.print(reportLines(result));
  if (code !== 0) {
    screen.say(`  The logs are in ${run.runFolder.logs}`);
  }
  if (options.keep) {
    showArrivals = true;
    screen.print(keepLines({ endpoint: emulator.endpoint, tableName: stage.deployment.tableName }));
    await aborted(signal);
  }
  return code;
}

/** Resolves when the signal is aborted, and keeps the process alive until then. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    // An immediate timer keeps the process alive: a pending promise alone does not.
    const alive = setInterval(() => {}, 60_000);
    const stop = () => {
      clearInterval(alive);
      resolve();
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) {
      stop();
    }
  });
