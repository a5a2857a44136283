import { inject } from "vitest";
import { type Deployment, LOCAL_SETTINGS } from "../../../lib/local/deploy.ts";

/** The age at which the deployed sweep takes a row. */
export const SWEPT_AFTER_SECONDS = 120;

/**
 * The sweep waits longer than any fault here lasts. So it never meets the relay at a row, and a duplicate always has one of the
 * other causes. A test of the sweep writes rows with an old `recordedtime`.
 */
export const DEPLOYED_SETTINGS = {
  ...LOCAL_SETTINGS,
  minAgeSeconds: SWEPT_AFTER_SECONDS,
  // An event waits at least this long before the sweep takes it.
  alarms: { undeliveredSeconds: SWEPT_AFTER_SECONDS },
};

/** What the global set-up provides: plain values, because test files run in processes of their own. */
export interface LocalStack {
  readonly endpoint: string;
  /** The host under which functions reach this machine's loopback. */
  readonly hostForFunctions: string;
  readonly deployment: Deployment;
  /** The folder with the logs of the emulator and of the CDK. */
  readonly logs: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    localStacks: readonly LocalStack[];
  }
}

/** From 1 on, and no other process that runs at the same time has it. Tests change the environment, so it is read at once. */
const PROCESS = Number(process.env["VITEST_POOL_ID"]);

/** The stack of the process that runs this test file. */
export function localStack(): LocalStack {
  const stacks = inject("localStacks");
  const stack = stacks[PROCESS - 1];
  if (stack === undefined) throw new Error(`Process ${PROCESS} has no stack: there are ${stacks.length}`);
  return stack;
}
