import { runOnEmulator } from "../../lib/local/emulated-run.ts";
import type { Emulator } from "../../lib/local/emulator/emulator.ts";
import { aborted, type ProgramContext } from "../../lib/local/program.ts";
import { keepLines } from "./keep.ts";
import type { RunOptions } from "./options.ts";
import { duration } from "./progress.ts";
import { kept, reportLines } from "./report.ts";
import { REQUEUE_PAUSE_MS } from "./requeue-loop.ts";
import { openScreen } from "./screen.ts";
import { setTheStage } from "./set-the-stage.ts";
import { runShow } from "./show.ts";
import type { Run } from "./stage.ts";

/** Work on a running emulator. Resolves with the exit code. */
export type Performance = (run: Run, emulator: Emulator) => Promise<number>;

/**
 * The whole local run: emulator, deployment, show, report. When it settles, everything it started has ended.
 *
 * @param perform the work on the emulator. @default the show of `npm start`
 * @returns the exit code: 0 when nothing was lost and nothing was left behind.
 * @throws LocalRunError for a failure that a person can fix; an Interrupted if the run was stopped.
 */
export async function runLocal(
  options: RunOptions,
  context: ProgramContext,
  perform: Performance = playShow,
): Promise<number> {
  const screen = openScreen(context.output);
  screen.say("Outbox relay, local run. No AWS account is used.");
  try {
    return await runOnEmulator({
      context,
      say: (line) => screen.say(line),
      work: (run, emulator) => perform({ ...run, options, screen }, emulator),
    });
  } finally {
    screen.clear();
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
