import { compareSortKeys } from "../../../contract/sort-key.ts";
import type { FixedRateLimiter } from "../../../core/requeue/fixed-rate-limiter.ts";
import type { Outcomes } from "../act.ts";
import type { WaitingEvent } from "../events/waiting-event.ts";
import type { SetAsideOutcome } from "../outcomes.ts";
import { giveKeyBack, keepKey, type TakeKeyPorts, takeKey } from "../take-key.ts";
import type { SetAsideRequest } from "./set-aside-request.ts";
import { asideOf, isSame } from "./set-aside-rows.ts";

/**
 * Sets events of one ordering key aside, under the lease on its parked-key record. Each move is a transaction that
 * checks the lease.
 */
export async function setAsideOfKey(
  pk: string,
  events: readonly WaitingEvent[],
  ports: TakeKeyPorts & { readonly waitForTurn: FixedRateLimiter },
  request: SetAsideRequest,
  outcomes: Outcomes<SetAsideOutcome>,
): Promise<void> {
  const { clock, table, waitForTurn, stopped } = ports;
  const owner = `operator/${request.actId}`;

  async function moveOne(event: WaitingEvent): Promise<SetAsideOutcome> {
    const version = await keepKey(pk, owner, ports);
    if (version === undefined) return "draining";
    const item = await table.readItem(event.key);
    const aside = item && asideOf(event, item, request, clock.now(), version);
    if (aside === undefined) return "gone";
    if (!isSame(aside, event)) return "changed";
    const end = await table.setAside({ ...event.key, id: event.id }, { kind: "parked-key", owner }, aside);
    return end === "moved" ? "set-aside" : end;
  }

  request.onWait?.(events.length);
  const taken = await takeKey(pk, owner, ports);
  if (taken.kind !== "taken") {
    if (taken.kind !== "stopped") outcomes.add(NOT_TAKEN[taken.kind], events.length);
    return;
  }
  try {
    for (const event of events.toSorted((one, other) => compareSortKeys(one.key.sk, other.key.sk))) {
      await waitForTurn(1);
      if (stopped()) return;
      outcomes.add(await moveOne(event));
    }
  } finally {
    await giveKeyBack(pk, owner, ports);
  }
}

const NOT_TAKEN = {
  "nothing-waits": "gone",
  "place-taken": "place-taken",
  busy: "draining",
} as const;
