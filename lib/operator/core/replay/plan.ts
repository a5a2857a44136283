import { keyText } from "../../../contract/event.ts";
import { isOrdered } from "../../../contract/sequence.ts";
import { compareTexts } from "../../../contract/sort-key.ts";
import { compareInKey } from "./position.ts";
import { type ReplayReceipt, readReplayFact } from "./replay-facts.ts";
import type { ReplaySpill } from "./replay-ports.ts";

/** The wanted events of one key, ascending. */
export interface PlannedKey {
  readonly pk: string;
  /** Its events leave in their order, so one waits behind another. */
  readonly isOrdered: boolean;
  /** When the table was read, events of it waited, or it was parked. */
  readonly isBusy: boolean;
  readonly events: readonly PlannedEvent[];
}

export interface PlannedEvent extends ReplayReceipt {
  /** An operator has set it aside since. */
  readonly isAside: boolean;
  /** When the table was read, a row stood at its place. */
  readonly isOccupied: boolean;
}

/** What is known of one key. */
interface KnownKey {
  readonly receipts: Map<string, ReplayReceipt>;
  readonly rows: Set<string>;
  /** By key and id; a malformed row that was set aside may have had no id. */
  readonly aside: Set<string>;
  isParked: boolean;
}

/**
 * The keys of one partition with their events, in the order in which they are put. An event that was acknowledged several times
 * is there once, as it went the first time.
 *
 * @param keepsOrder whether the relay delivers the events of a key in their order.
 */
export function planOf(spill: ReplaySpill, partition: number, keepsOrder: boolean): readonly PlannedKey[] {
  const keys = new Map<string, KnownKey>();
  const knownKey = (pk: string): KnownKey => {
    const known = keys.get(pk) ?? { receipts: new Map(), rows: new Set(), aside: new Set(), isParked: false };
    keys.set(pk, known);
    return known;
  };
  for (const text of spill.read(partition)) {
    const fact = readReplayFact(text);
    switch (fact.kind) {
      case "receipt": {
        const { receipts } = knownKey(fact.key.pk);
        const name = nameOf(fact);
        receipts.set(name, preferred(receipts.get(name), fact));
        break;
      }
      case "row":
        knownKey(fact.key.pk).rows.add(keyText(fact.key));
        break;
      case "parked-key":
        knownKey(fact.pk).isParked = true;
        break;
      case "aside":
        knownKey(fact.key.pk).aside.add(nameOf(fact));
    }
  }
  return [...keys]
    .filter(([, { receipts }]) => receipts.size > 0)
    .sort(([one], [other]) => compareTexts(one, other))
    .map(([pk, known]) => plannedKey(pk, known, keepsOrder));
}

const nameOf = ({ key, id }: Pick<ReplayReceipt, "key"> & { readonly id: string | undefined }): string =>
  `${keyText(key)} ${JSON.stringify(id)}`;

/** A receipt without the event is of no use where another one has it. */
function preferred(known: ReplayReceipt | undefined, other: ReplayReceipt): ReplayReceipt {
  if (known === undefined) return other;
  if ((known.text === undefined) !== (other.text === undefined)) return known.text === undefined ? other : known;
  return other.atMs < known.atMs ? other : known;
}

function plannedKey(pk: string, { receipts, rows, aside, isParked }: KnownKey, keepsOrder: boolean): PlannedKey {
  const events = [...receipts]
    .map(([name, receipt]) => ({
      ...receipt,
      isAside: aside.has(name),
      isOccupied: rows.has(keyText(receipt.key)),
    }))
    .sort(compareInKey);
  return {
    pk,
    isOrdered: keepsOrder && events.some(({ key, id }) => isOrdered({ ...key, id })),
    isBusy: isParked || rows.size > 0,
    events,
  };
}
