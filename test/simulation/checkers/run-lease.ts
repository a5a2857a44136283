import { type Context, isRequeuer } from "./context.ts";
import type { Checker, Operation } from "./watched.ts";

/**
 * What only the holder of the lease may do. Reading the table needs no lease, for the backlog's age must be told in an outage
 * too.
 */
const GUARDED: readonly Operation[] = [
  "receive",
  "delete",
  "hide",
  "publish",
  "mark",
  "acquire",
  "park",
  "release",
  "close",
];

/** One requeuer works at a time: from the answer that it has the lease until it gives the lease back. */
export function runLease(context: Context): Checker {
  let held: "not asked" | "held" | "not held" | "given back" = "not asked";
  const guard = (name: Operation) => () => {
    if (held !== "held") context.violate(`LEASE: ${context.by} asks for ${name}, and its lease is ${held}`);
  };
  if (!isRequeuer(context)) return {};
  return {
    begun: () => {
      held = "not asked";
    },
    asked: {
      ...Object.fromEntries(GUARDED.map((name) => [name, guard(name)])),
      releaseLease: () => {
        held = "given back";
      },
    },
    learnt: {
      acquireLease: (acquired) => {
        held = acquired ? "held" : "not held";
      },
    },
  };
}
