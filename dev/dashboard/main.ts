import { aborted, runProgram } from "../../lib/local/program.ts";
import { DEFAULT_EVENTS } from "../demo/options.ts";
import { runLocal } from "../demo/run.ts";
import { setTheStage } from "../demo/set-the-stage.ts";
import { openDashboard } from "./open-dashboard.ts";
import { type DashboardOptions, HELP, readDashboardCommand } from "./options.ts";
import { takePicture } from "./picture.ts";
import { ORDERS_A_SECOND, playScenario } from "./scenario.ts";

const MISUSED = 2;

/** The command behind `npm run dashboard`. Resolves with its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const command = readDashboardCommand(args);
  switch (command.kind) {
    case "help":
      process.stdout.write(HELP);
      return 0;
    case "refused":
      process.stderr.write(`${command.message}\n`);
      return MISUSED;
    case "run":
      return runProgram((context) => {
        const options = { events: DEFAULT_EVENTS, ratePerSecond: ORDERS_A_SECOND, keep: true };
        return runLocal(options, context, (run, emulator) => showDashboard(run, emulator, command.options));
      });
  }
}

async function showDashboard(
  run: Parameters<typeof setTheStage>[0],
  emulator: Parameters<typeof setTheStage>[1],
  { picture }: DashboardOptions,
): Promise<number> {
  const { screen, signal } = run;
  const stage = await setTheStage(run, emulator, () => {});
  const { dashboard, server, digest } = await openDashboard(run, emulator, stage);
  screen.say(`  the dashboard is at ${server.url}`);
  await playScenario({ stage, dashboard, signal });
  if (picture !== undefined) {
    await takePicture(server.url, picture, digest);
    screen.say(`  the picture is ${picture}`);
    return 0;
  }
  screen.say("  the run is over; the page stays up until Ctrl-C");
  await aborted(signal);
  return 0;
}
