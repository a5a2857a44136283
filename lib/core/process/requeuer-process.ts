import { requeuerDeadlines } from "../../contract/settings/closing-times.ts";
import type { DeliverySettings } from "../../contract/settings/settings.ts";
import type { LimiterSettings } from "../delivery/limiter/destination-limiter.ts";
import { type LimiterMemories, limitersWith } from "../delivery/limiter/destination-limiters.ts";
import { requeuerLimiter } from "../delivery/limiter/limiter-settings.ts";
import { deadLetterPolls } from "../requeue/drain/dead-letter-polls.ts";
import { type RunResult, requeue } from "../requeue/requeuer.ts";
import { backlogCountOf } from "../requeue/sweep/backlog-count.ts";
import { tellUnprotected } from "../requeue/tell-unprotected.ts";
import { resultOf } from "../result.ts";
import { invocationOf, type ProcessParts, type ProcessPorts, type ProcessSettings, processParts } from "./process.ts";

export interface RequeuerProcessPorts extends ProcessPorts {
  /** Finds out whether the table can keep the promise, and tells it in each run. @default nobody inspects the table */
  readonly inspectTable?: () => Promise<void>;
}

export type RequeuerSettings = ProcessSettings & Pick<DeliverySettings, "minAgeSeconds" | "maxDrainRate">;

export type RequeuerProcess = ReturnType<typeof requeuerProcess>;

/** The longest that a run waits for the inspection of the table. */
const INSPECTION_MS = 2_000;

/**
 * A process of the requeuer. Its limiters are new in each run, and start at one call. Knowledge of destinations,
 * pending deletes, the count of the backlog and the choice of the next poll outlive the runs.
 *
 * @param limits of each destination's limiter. @default {@link requeuerLimiter}
 */
export function requeuerProcess(
  ports: RequeuerProcessPorts,
  settings: RequeuerSettings,
  limits: LimiterSettings = requeuerLimiter(settings.concurrency),
) {
  const parts = processParts("requeuer", ports, settings);
  const backlogCount = backlogCountOf(parts);
  const polls = deadLetterPolls();
  /** A destination that asked for an hour's rest is not asked every minute, nor is its quota searched anew. */
  const memories: LimiterMemories = new Map();

  return {
    parts,
    /**
     * Makes one run. Settles five seconds before `timeoutAtMs`.
     *
     * @param owner names the run.
     * @param timeoutAtMs when Lambda ends the run, in epoch milliseconds.
     * @throws when the table does not give the lease, once everything known is told.
     */
    invoke(owner: string, timeoutAtMs: number): Promise<RunResult> {
      const deadlines = requeuerDeadlines(timeoutAtMs);
      return invocationOf(ports, parts, deadlines.endMs, async () => {
        if (ports.inspectTable !== undefined) await inspect(ports.inspectTable, parts);
        const delivery = { ...parts, limiters: limitersWith(limits, ports.clock, parts.existences, memories) };
        const run = { ...parts, delivery, backlogCount, deadLetterPolls: polls, settings, owner };
        const result = await requeue(run, deadlines);
        // After the run, whose own checks have mostly told it already.
        if (result !== "lease-held") await tellUnprotected(parts);
        return result;
      });
    },
  };
}

/** The inspection tells its findings itself; an inspection without an answer must not cost the run. */
async function inspect(inspectTable: () => Promise<void>, { calls, clock, telemetry }: ProcessParts): Promise<void> {
  const looked = await resultOf(calls.race("The look at the table", inspectTable, clock.now() + INSPECTION_MS));
  if (looked.ok) return;
  telemetry.log("warn", "The outbox table was not inspected in time", { error: String(looked.error) });
}
