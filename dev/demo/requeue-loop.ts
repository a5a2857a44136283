import { setTimeout as sleep } from "node:timers/promises";
import { invoke } from "../../lib/local/functions.ts";
import type { Stage } from "./stage.ts";

/**
 * The schedule runs the requeuer once a minute, which would make the show long. The lease keeps these runs and the
 * schedule's apart.
 */
export const REQUEUE_PAUSE_MS = 3_000;

/** Runs the requeuer repeatedly. Rejects when it is aborted or Lambda cannot be reached; never resolves. */
export async function keepRequeuing({ clients, deployment, screen }: Stage, signal: AbortSignal): Promise<never> {
  let told: string | undefined;
  for (;;) {
    await sleep(REQUEUE_PAUSE_MS, undefined, { signal });
    const invocation = await invoke(clients.lambda, deployment.requeuerFunctionName);
    const error = invocation.kind === "failed" ? invocation.error : undefined;
    if (error !== undefined && error !== told) {
      screen.say(`  the requeuer failed, and will run again: ${error}`);
    }
    told = error;
  }
}
