import type { Item } from "../codec/item.ts";
import { MARKS } from "../contract.ts";
import { groupedBy } from "../grouped.ts";
import { inParallel } from "../parallel.ts";
import { type Pace, paceOf } from "../requeue/pace.ts";
import type { AsideEvent, TallyBook } from "./act.ts";
import type { OperatorTable } from "./operator-ports.ts";
import type { SetAsidePorts } from "./set-aside.ts";
import { giveKeyBack, keepKey, type TakeKeyPorts, takeKey } from "./take-key.ts";

/**
 * Release: a quarantined event goes back where it was, as if it had been written now. The stream brings its row to the
 * relay, which delivers it like any other; the relay's marks are gone, so it starts anew.
 *
 * An event of an ordering key that others have overtaken meanwhile arrives after them. That breaks the order of its key,
 * so it must be an operator's own decision (`outOfOrder`). It is known not to be so only while the event that waited next
 * behind it still waits; then it is put back under the lease on the key's gate, so that the other cannot leave meanwhile.
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

/** How an event ends that was not released because it would come out of order. */
export const OVERTAKEN = "left aside: later events of its key may have been delivered (--out-of-order releases it)";

const LANES_AT_ONCE = 16;

export async function releaseEvents(
  events: readonly AsideEvent[],
  ports: SetAsidePorts,
  { actId, eventsPerSecond, outOfOrder, onProgress }: ReleaseOptions,
  book: TallyBook,
): Promise<void> {
  const { ordering, stopped } = ports;
  const pace = paceOf(eventsPerSecond, ports.clock);
  let done = 0;
  const settle = (end: string) => {
    book.add(end);
    done += 1;
    onProgress?.(done);
  };
  const lanes = groupedBy(events, ({ ordered, key, entryId }) => (ordered ? `key ${key.pk}` : entryId));
  await inParallel([...lanes.values()], LANES_AT_ONCE, async (lane) => {
    if (stopped()) return;
    const ascending = lane.toSorted((one, other) => one.key.sk - other.key.sk);
    const [first] = ascending;
    if (ordering === undefined || outOfOrder || first?.ordered !== true) {
      await putBackAll(ascending, ports.table, { ...ports, pace }, settle);
    } else {
      await releaseInOrder(first.key.pk, ascending, { ...ports, ordering, pace }, `operator/${actId}`, settle);
    }
  });
}

async function releaseInOrder(
  pk: string,
  lane: readonly AsideEvent[],
  ports: TakeKeyPorts & { readonly pace: Pace },
  owner: string,
  settle: (end: string) => void,
): Promise<void> {
  // Asked before anything is taken: most events are overtaken within a minute, and then there is nothing to wait for.
  const before = await notOvertaken(lane, ports.table);
  for (const aside of lane) if (!before.includes(aside)) settle(OVERTAKEN);
  if (before.length === 0) return;
  const taken = await takeKey(pk, owner, ports);
  if (taken === "stopped") return;
  if (taken !== "taken") {
    for (const _each of before) settle(taken === "busy" ? "being delivered now" : OVERTAKEN);
    return;
  }
  try {
    const still = await notOvertaken(before, ports.table);
    for (const aside of before) if (!still.includes(aside)) settle(OVERTAKEN);
    await putBackAll(still, ports.table, ports, settle, () => keepKey(pk, owner, ports));
  } finally {
    await giveKeyBack(pk, owner, ports);
  }
}

async function putBackAll(
  lane: readonly AsideEvent[],
  table: Pick<OperatorTable, "putBack">,
  { pace, stopped }: { readonly pace: Pace; readonly stopped: () => boolean },
  settle: (end: string) => void,
  mayGoOn: () => Promise<boolean> = async () => true,
): Promise<void> {
  for (const aside of lane) {
    await pace(1);
    if (stopped() || !(await mayGoOn())) return;
    settle(PUT_BACK_ENDS[await table.putBack(aside, withoutMarks(aside.item))]);
  }
}

const PUT_BACK_ENDS = {
  "put-back": "released",
  occupied: "left aside: another event has taken its place",
  "not-there": "not in quarantine any more",
} as const;

/** Those behind which nothing was delivered: the chain of what waited next ends at an event that still waits. */
async function notOvertaken(
  lane: readonly AsideEvent[],
  table: Pick<OperatorTable, "readKey">,
): Promise<readonly AsideEvent[]> {
  const still: AsideEvent[] = [];
  const nextOf = new Map(lane.map(({ key, next }) => [key.sk, next]));
  for (const aside of lane) {
    let { next } = aside;
    while (next !== undefined && nextOf.has(next)) next = nextOf.get(next);
    const [following] = next === undefined ? [] : await table.readKey(aside.key.pk, aside.key.sk, 1);
    if (following !== undefined && following.key.sk === next) still.push(aside);
  }
  return still;
}

const OWN: ReadonlySet<string> = new Set(Object.values(MARKS));

/** The row as its writer wrote it. */
const withoutMarks = (item: Item): Item => Object.fromEntries(Object.entries(item).filter(([name]) => !OWN.has(name)));
