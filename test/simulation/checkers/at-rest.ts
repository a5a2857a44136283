import type { Context } from "./context.ts";
import type { Checker, Operation } from "./watched.ts";

/** The next invocation waits for a delete that is still under way at the end. */
const AWAITED: readonly Operation[] = [
  ...(["send", "receive", "delete", "hide", "publish", "mark", "read", "touch", "park"] as const),
  ...(["acquire", "release", "close", "acquireLease", "releaseLease"] as const),
];

/** At the end of an invocation every call under way has somebody who waits for it. Lambda would freeze any other. */
export function atRest({ by, violate }: Context): Checker {
  const underWay = new Map<Operation, number>();
  const add = (name: Operation, count: number) => underWay.set(name, (underWay.get(name) ?? 0) + count);
  const each = (count: number) => Object.fromEntries(AWAITED.map((name) => [name, () => add(name, count)]));
  return {
    asked: each(1),
    learnt: each(-1),
    refused: each(-1),
    ended: () => {
      for (const [name, count] of underWay) {
        if (count > 0) violate(`AT REST: ${by} has ended, and ${name} is under way`);
      }
    },
  };
}
