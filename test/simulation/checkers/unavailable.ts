import { type Context, isRequeuer } from "./context.ts";
import type { Checker } from "./watched.ts";

/**
 * A run of the requeuer says that its destinations are unavailable only where one of them failed it by its own fault: an
 * event that is refused, or whose route is full, says nothing of its destination. Where the existence of destinations is
 * checked, a run gives one up for other causes too, so only the others are judged.
 */
export function unavailable(context: Context): Checker {
  if (context.isChecked || !isRequeuer(context)) return {};
  let hasFailed = false;
  return {
    begun: () => {
      hasFailed = false;
    },
    learnt: {
      publish: (results) => {
        for (const result of results) {
          if (result.kind === "acknowledged") continue;
          hasFailed ||= result.failure.scope === "target" && result.failure.route === undefined;
        }
      },
    },
    told: (metric, by) => {
      if (metric !== "BreakerOpen" || by === 0 || hasFailed) return;
      context.violate(`UNAVAILABLE: ${context.by} gave its destinations up, and none has failed it`);
    },
  };
}
