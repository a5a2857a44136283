import type { Deployment } from "../../../lib/local/deploy.ts";

/** The age at which the deployed sweep takes a row. */
export const SWEPT_AFTER_SECONDS = 120;

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
    localStack: LocalStack;
  }
}
