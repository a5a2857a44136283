import type { Item } from "../../contract/codec/item.ts";
import { MARKS } from "../../contract/item-contract.ts";
import { compareSortKeys } from "../../contract/sort-key.ts";
import { groupedBy } from "../../core/grouped.ts";
import { boundedMap } from "../../core/parallel.ts";
import type { FixedRateLimiter } from "../../core/requeue/fixed-rate-limiter.ts";
import type { Outcomes } from "./act.ts";
import type { AsideEvent } from "./journal.ts";
import type { OperatorTable } from "./operator-ports.ts";
import type { ReleaseOutcome } from "./outcomes.ts";
import { stoppableRateLimiter } from "./rate-limiter.ts";
import type { SetAsidePorts } from "./set-aside/set-aside-request.ts";
import { giveKeyBack, keepKey, type TakeKeyPorts, takeKey } from "./take-key.ts";

/**
 * Release: a quarantined event goes back where it was, as if it had been written now. The stream brings its row to the
 * relay, which delivers it like any other; the relay's marks are gone, so it starts anew.
 *
 * An event of an ordering key that others have overtaken meanwhile arrives after them. That breaks the order of its key,
 * so it must be an operator's own decision (`outOfOrder`). A row that waits behind it proves nothing: its event may have
 * been delivered by somebody who died before the delete. What proves it is the version of the key's record, which everybody
 * who comes to the key raises: while it stands as the quarantine left it, nobody has been there. Then the event is put
 * back under the lease on that parked-key record, so that nobody comes meanwhile.
 *
 * A writer may have used the place again: then nothing is put back, and both are left as they are.
 */
export interface ReleaseOptions {
  readonly actId: string;
  readonly eventsPerSecond: number;
  /** Release events, too, that others of their key have overtaken. */
  readonly outOfOrder: boolean;
  readonly onProgress?: (events: number) => void;
}

const KEY_GROUPS_AT_ONCE = 16;

export async function releaseEvents(
  events: readonly AsideEvent[],
  ports: SetAsidePorts,
  { actId, eventsPerSecond, outOfOrder, onProgress }: ReleaseOptions,
  outcomes: Outcomes<ReleaseOutcome>,
): Promise<void> {
  const { ordering, stopped } = ports;
  const waitForTurn = stoppableRateLimiter(eventsPerSecond, ports);
  let done = 0;
  const settle = (outcome: ReleaseOutcome) => {
    outcomes.add(outcome);
    done += 1;
    onProgress?.(done);
  };
  const keyGroups = groupedBy(events, ({ ordered, key, entryId }) => (ordered ? `key ${key.pk}` : entryId));
  await boundedMap([...keyGroups.values()], KEY_GROUPS_AT_ONCE, async (keyGroup) => {
    if (stopped()) return;
    const ascending = keyGroup.toSorted((one, other) => compareSortKeys(one.key.sk, other.key.sk));
    const [first] = ascending;
    if (ordering === undefined || outOfOrder || first?.ordered !== true) {
      await putBackAll(ascending, ports.table, { ...ports, waitForTurn }, settle);
    } else {
      await releaseInOrder(first.key.pk, ascending, { ...ports, ordering, waitForTurn }, `operator/${actId}`, settle);
    }
  });
}

async function releaseInOrder(
  pk: string,
  keyGroup: readonly AsideEvent[],
  ports: TakeKeyPorts & { readonly waitForTurn: FixedRateLimiter },
  owner: string,
  settle: (outcome: ReleaseOutcome) => void,
): Promise<void> {
  // Checked before a lease is taken: most keys have gone on within a minute, and then there is nothing to wait for.
  const parkedKey = await ports.table.readParkedKey(pk);
  const before = parkedKey === undefined ? [] : untouchedSince(keyGroup, parkedKey.version);
  for (const aside of keyGroup) if (!before.includes(aside)) settle("overtaken");
  if (before.length === 0) return;
  const taken = await takeKey(pk, owner, ports);
  if (taken.kind === "stopped") return;
  if (taken.kind !== "taken") {
    for (const _each of before) settle(taken.kind === "busy" ? "draining" : "overtaken");
    return;
  }
  try {
    // Taking the lease raised the version once.
    const still = untouchedSince(before, taken.version - 1);
    for (const aside of before) if (!still.includes(aside)) settle("overtaken");
    const mayGoOn = async () => (await keepKey(pk, owner, ports)) !== undefined;
    await putBackAll(still, ports.table, ports, settle, mayGoOn);
  } finally {
    await giveKeyBack(pk, owner, ports);
  }
}

async function putBackAll(
  keyGroup: readonly AsideEvent[],
  table: Pick<OperatorTable, "putBack">,
  { waitForTurn, stopped }: { readonly waitForTurn: FixedRateLimiter; readonly stopped: () => boolean },
  settle: (outcome: ReleaseOutcome) => void,
  mayGoOn: () => Promise<boolean> = async () => true,
): Promise<void> {
  for (const aside of keyGroup) {
    await waitForTurn(1);
    if (stopped() || !(await mayGoOn())) return;
    settle(await table.putBack(aside, withoutMarks(aside.item)));
  }
}

/**
 * The events since whose quarantine no other actor has come to the key. Their versions are consecutive and end at the
 * key's version.
 */
function untouchedSince(keyGroup: readonly AsideEvent[], version: number): readonly AsideEvent[] {
  const byVersion = new Map(keyGroup.map((aside) => [aside.parkedKeyVersion, aside]));
  const untouched = new Set<AsideEvent>();
  let expected = version;
  for (let aside = byVersion.get(expected); aside !== undefined; aside = byVersion.get(expected)) {
    untouched.add(aside);
    expected -= 1;
  }
  return keyGroup.filter((aside) => untouched.has(aside));
}

const OWN: ReadonlySet<string> = new Set(Object.values(MARKS));

/** The row as its writer wrote it. */
const withoutMarks = (item: Item): Item => Object.fromEntries(Object.entries(item).filter(([name]) => !OWN.has(name)));
