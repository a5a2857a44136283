import type { RowKey } from "../../lib/contract/event.ts";
import { PARKED_KEY_SORT_KEY } from "../../lib/contract/item-contract.ts";
import type { Clock } from "../../lib/core/ports.ts";
import type { Act, ActEnd, AsideEvent, AsidePlace } from "../../lib/operator/core/journal.ts";
import type { Journal, OperatorTable } from "../../lib/operator/core/operator-ports.ts";
import type { ItemStore } from "../engine/item-store.ts";
import { type AsideStore, asideIn, operatorEffects } from "../engine/operator-effects.ts";
import { portOver } from "../engine/requests.ts";
import { REQUEST_MS } from "./memory-table.ts";

/** The journal table in memory. */
export class MemoryJournal implements Journal {
  readonly entries: AsideStore = new Map();
  readonly noted: (Act & { end?: ActEnd })[] = [];
  refusing = false;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get quarantined(): readonly AsideEvent[] {
    return asideIn(this.entries, "quarantined");
  }

  get discarded(): readonly AsideEvent[] {
    return asideIn(this.entries, "discarded");
  }

  async begin(act: Act): Promise<void> {
    await this.#clock.sleep(REQUEST_MS);
    if (this.refusing) throw new Error("The journal refuses");
    this.noted.push({ ...act });
  }

  async end(act: Act, end: ActEnd): Promise<void> {
    await this.#clock.sleep(REQUEST_MS);
    const noted = this.noted.find(({ id }) => id === act.id);
    if (noted !== undefined) noted.end = end;
  }

  async act(id: string) {
    return this.noted.find((act) => act.id === id);
  }

  async acts(limit: number) {
    return this.noted.toReversed().slice(0, limit);
  }

  async aside(place: AsidePlace, after: string | undefined, limit: number) {
    const ahead = asideIn(this.entries, place)
      .filter(({ entryId }) => after === undefined || entryId > after)
      .toSorted((one, other) => (one.entryId < other.entryId ? -1 : 1));
    const events = ahead.slice(0, limit);
    const last = events.at(-1);
    return { events, ...(ahead.length > limit && last !== undefined ? { next: last.entryId } : {}) };
  }
}

/** The outbox table in memory, as an operator uses it. */
export function memoryOperatorTable(store: ItemStore, journal: MemoryJournal, clock: Clock) {
  const port = portOver<OperatorTable>(
    operatorEffects(store, journal.entries),
    async (operation, [address], effect) => {
      await clock.sleep(REQUEST_MS);
      const key = keyOf(address);
      if (key !== undefined) table.before(operation, key);
      return effect();
    },
  );
  const table = {
    ...port,
    /** Runs just before an operation on one key takes effect, so that a test can do something in between. */
    before: (_operation: keyof OperatorTable, _key: RowKey): void => undefined,
  };
  return table;
}

/** Operations name a row, an event with its row's key, or a partition key. A scan names none. */
function keyOf(address: unknown): RowKey | undefined {
  if (typeof address === "string") return { pk: address, sk: PARKED_KEY_SORT_KEY };
  const { key, ...own } = (address ?? {}) as Partial<RowKey> & { readonly key?: RowKey };
  return key ?? (own.pk === undefined || own.sk === undefined ? undefined : { pk: own.pk, sk: own.sk });
}
