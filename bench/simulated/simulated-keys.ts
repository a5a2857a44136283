import type { Clock, KeyTable } from "../../lib/core/ports.ts";
import { TABLE_MS } from "../stub-server.ts";
import type { SimulatedTable } from "./simulated-table.ts";

/** The table by ordering key, of a world in which nothing fails: so no key is ever parked, and there is no parked-key record. */
export function simulatedKeys(table: SimulatedTable, clock: Clock): KeyTable {
  const never = (what: string) => async (): Promise<never> => {
    throw new Error(`${what}: there is no parked-key record in this simulation`);
  };
  return {
    async read(pk, { ceiling, limit }) {
      await clock.sleep(TABLE_MS);
      const rows = table.ofKey(pk, ceiling, limit + 1);
      return { rows: rows.slice(0, limit), more: rows.length > limit };
    },
    highest: never("highest"),
    readParkedKey: never("readParkedKey"),
    touch: never("touch"),
    park: never("park"),
    acquire: never("acquire"),
    release: never("release"),
    close: never("close"),
    presence: never("presence"),
  };
}
