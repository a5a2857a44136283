import type { Carry } from "../../engine/requests.ts";
import type { Actor } from "../scheduler.ts";
import { ServiceError, WORLD, type World } from "../world.ts";

/** How late an abandoned write may land. */
const LATEST_MS = 120_000;

/**
 * A relay or requeuer may give up a write, as at its deadline, and the write lands all the same, later than anybody expects.
 * Its condition must make it harmless. An operator's command waits for its answers.
 */
function landsLate({ scheduler, faults, random }: World, actor: Actor, effect: () => unknown): boolean {
  if (actor.name.startsWith("operator") || !faults.happens("write landed late")) return false;
  scheduler.at(WORLD, "write lands late", scheduler.nowMs + random() * LATEST_MS, effect);
  return true;
}

/** How an actor's calls reach the table. A call may be refused: then nothing has happened, or nothing yet. */
export const tableCalls =
  (world: World, table: { readonly isThrottled: boolean }, actor: Actor) =>
  <Answer>(name: string, kind: "read" | "write", detail: string, effect: () => Answer): Promise<Answer> =>
    world.scheduler.call(
      actor,
      name,
      () => {
        const refused = kind === "read" ? "table read failed" : "table write failed";
        if ((kind === "write" && table.isThrottled) || world.faults.happens(refused)) {
          throw new ServiceError(`The table cannot be reached: ${name}`);
        }
        if (kind === "write" && landsLate(world, actor, effect))
          throw new ServiceError(`The table cannot be heard of in time: ${name}`);
        return effect();
      },
      detail,
    );

export type TableCall = ReturnType<typeof tableCalls>;

/** What a trace tells of a request besides its name. */
export type Details<Port> = {
  readonly [Name in keyof Port]?: Port[Name] extends (...given: infer Given) => unknown
    ? (...given: Given) => string
    : never;
};

/** Carries the requests of a port as calls. `reads`: those that change nothing. */
export function carriedBy<Port>(
  call: TableCall,
  reads: readonly (keyof Port & string)[],
  details: Details<Port>,
): Carry<Port> {
  return (operation, given, effect) => {
    const tell = details[operation] as ((...given: readonly unknown[]) => string) | undefined;
    return call(operation, reads.includes(operation) ? "read" : "write", tell?.(...given) ?? "", effect);
  };
}
