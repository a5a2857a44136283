import type { Actor } from "./scheduler.ts";
import type { SimulatedTable } from "./table.ts";
import { ServiceError, type World } from "./world.ts";

/** How an actor's calls reach the table: each may be refused, and then nothing has happened. */
export const tableCalls =
  ({ scheduler, faults }: World, table: SimulatedTable, actor: Actor) =>
  <Answer>(name: string, kind: "read" | "write", detail: string, effect: () => Answer): Promise<Answer> =>
    scheduler.call(
      actor,
      name,
      () => {
        const refused = kind === "read" ? "table read failed" : "table write failed";
        if ((kind === "write" && table.isThrottled) || faults.happens(refused)) {
          throw new ServiceError(`The table cannot be reached: ${name}`);
        }
        return effect();
      },
      detail,
    );
