import type { Context } from "./context.ts";
import type { Checker } from "./watched.ts";

/** A metric never counts more than the services answered. */
export function told({ by, violate }: Context): Checker {
  const happened = new Map<string, number>();
  const counted = new Map<string, number>();
  const note = (metric: string, by = 1) => happened.set(metric, (happened.get(metric) ?? 0) + by);
  return {
    told: (metric, count) => counted.set(metric, (counted.get(metric) ?? 0) + count),
    learnt: {
      touch: (touched) => note("GateTouches", touched ? 1 : 0),
      park: (parked) => note("KeysParked", parked === "parked" ? 1 : 0),
      close: (closed) => note("KeysFreed", closed ? 1 : 0),
      publish: (results) => note("EventsPublished", results.filter(({ kind }) => kind === "acknowledged").length),
    },
    ended: () => {
      for (const metric of ["GateTouches", "KeysParked", "KeysFreed", "EventsPublished"]) {
        const [told = 0, real = 0] = [counted.get(metric), happened.get(metric)];
        if (told > real) violate(`TOLD: ${by} has counted ${told} ${metric}, and there were ${real}`);
      }
    },
  };
}
