import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { PROJECT_ROOT } from "../../../lib/local/run-folder.ts";

export interface RelayProcessOptions {
  /** The whole environment of the process. */
  readonly variables: Readonly<Record<string, string>>;
  readonly event: DynamoDBStreamEvent;
  /** What the function is told to have left. */
  readonly remainingMs: number;
}

/**
 * Runs the relay's handler once in a process of its own, as Lambda does. The emulator tells every function that it has five
 * minutes left, whatever its timeout is, so how a run ends that is out of time cannot be seen there.
 *
 * @returns the lines that it wrote.
 */
export async function runRelay({ variables, event, remainingMs }: RelayProcessOptions): Promise<readonly string[]> {
  const program = `
    const { handler } = await import("./lambdas/relay.ts");
    await handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => ${remainingMs} });
    process.exit(0);
  `;
  const args = ["--import", "tsx", "--input-type=module", "--eval", program];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: PROJECT_ROOT,
    env: { ...variables },
  });
  return `${stdout}\n${stderr}`.split("\n");
}
