import type { Carry } from "../engine/requests.ts";
import type { Actor } from "./scheduler.ts";
import { ServiceError, WORLD, type World } from "./world.ts";

/** How late a write may land that was given up. */
const LATEST_MS = 120_000;

/**
 * A write of the relay or the requeuer that is given up, as at its deadline, and lands all the same, later than anybody
 * expects: its condition must hold it harmless. An operator's command waits for its answers.
 */
function landsLate({ scheduler, faults, random }: World, actor: Actor, effect: () => unknown): boolean {
  if (actor.name.startsWith("operator") || !faults.happens("write landed late")) return false;
  scheduler.at(WORLD, "write lands late", scheduler.nowMs + random() * LATEST_MS, effect);
  return true;
}

/** How an actor's calls reach the table: each may be refused, and then nothing has happened, or nothing yet. */
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

/** What a trace tells of a request beside its name. */
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
