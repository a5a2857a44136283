import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { FunctionRole } from "../../../lib/contract/deployment/function-role.ts";
import { PROJECT_ROOT } from "../../../lib/local/run-folder.ts";

export interface FunctionProcessOptions {
  readonly role: FunctionRole | "audit";
  /** The whole environment of the process. */
  readonly variables: Readonly<Record<string, string>>;
  readonly event: unknown;
  /** The time left that the function is told. */
  readonly remainingMs: number;
}

export interface Invoked {
  /** The value that the handler resolved with. */
  readonly answer?: unknown;
  /** The error that it threw. */
  readonly error?: string;
  /** The time from the call of the handler to its end. */
  readonly tookMs: number;
  /** The lines that it wrote. */
  readonly lines: readonly string[];
}

/** The beginning of the result's line. No line of a function begins like this. */
const INVOKED = "invoked: ";

/**
 * Runs a function's handler once in a process of its own, as Lambda does. The emulator tells every function that it has five
 * minutes left, whatever its timeout is. So it cannot show how a run ends that is out of time.
 */
export async function invokeInProcess({
  role,
  variables,
  event,
  remainingMs,
}: FunctionProcessOptions): Promise<Invoked> {
  const program = `
    const { handler } = await import("./lambdas/${role}.ts");
    const context = { awsRequestId: crypto.randomUUID(), getRemainingTimeInMillis: () => ${remainingMs} };
    const startMs = performance.now();
    const end = await handler(${JSON.stringify(event)}, context).then(
      (answer) => ({ answer }),
      (error) => ({ error: String(error) }),
    );
    console.log("${INVOKED}" + JSON.stringify({ ...end, tookMs: performance.now() - startMs }));
    process.exit(0);
  `;
  const args = ["--import", "tsx", "--input-type=module", "--eval", program];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: PROJECT_ROOT,
    env: { ...variables },
    maxBuffer: 64 * 1_024 * 1_024,
  });
  const lines = `${stdout}\n${stderr}`.split("\n");
  const end = lines.find((line) => line.startsWith(INVOKED));
  if (end === undefined) throw new Error(`The ${role} did not come to its end: ${stderr}`);
  return { ...(JSON.parse(end.slice(INVOKED.length)) as Omit<Invoked, "lines">), lines };
}
