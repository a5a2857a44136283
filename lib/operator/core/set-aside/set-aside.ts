import { chunksOf } from "../../../core/delivery/call/packing.ts";
import { groupedBy } from "../../../core/grouped.ts";
import { boundedMap } from "../../../core/parallel.ts";
import type { Outcomes } from "../act.ts";
import type { WaitingEvent } from "../events/waiting-event.ts";
import type { SetAsideOutcome } from "../outcomes.ts";
import { stoppableRateLimiter } from "../rate-limiter.ts";
import { setAsideOfKey } from "./set-aside-of-key.ts";
import type { SetAsidePorts, SetAsideRequest } from "./set-aside-request.ts";
import { setAsideRows } from "./set-aside-rows.ts";

/** So many rows are held at once, so that one wait serves all of them. */
const ROWS_AT_ONCE = 2_000;
const KEYS_AT_ONCE = 50;

/**
 * Setting an event aside: quarantine (to come back by `release`) or discard (given up). Either way the whole row is
 * kept in the journal, and it leaves the outbox in the same transaction: it is in one of the two at every instant.
 *
 * The promise of the relay is that a row leaves the table only after the target acknowledged its event; this is the one
 * exception, made by a person and recorded. What must not happen is that an event is set aside *and* delivered, by an
 * actor that had it in hand at that moment. So nobody else may have it then:
 *
 * - *An event by itself* gets a hold: its row rests for an hour, which relay and requeuer respect at their next read.
 *   The command then waits until every actor that read the row before is over (`until-nobody-holds.ts`), and moves the
 *   row if it is still there and the hold untouched. Delivered meanwhile: it says so. The command dies: the hold ends
 *   by itself, and so the row is delivered as if nothing had been.
 * - *An event of an ordering key* is moved under the lease on its key's record, as a drain would hold it: no drainer is
 *   at the key, and as it has rested, no relay is. A key that flows is parked first, and rests like any other parked
 *   key. When the lease is given back the key is due at once, so the events behind it go on, in their order. The place
 *   it leaves is a gap, which `strict` takes for delivered: consumers who count must be told.
 */
export async function setAsideEvents(
  events: readonly WaitingEvent[],
  ports: SetAsidePorts,
  request: SetAsideRequest,
  outcomes: Outcomes<SetAsideOutcome>,
): Promise<void> {
  const waitForTurn = stoppableRateLimiter(request.eventsPerSecond, ports);
  const { ordering } = ports;
  const ordered = ordering === undefined ? [] : events.filter((event) => event.ordered);
  const byKey = groupedBy(ordered, ({ key }) => key.pk);
  const alone = ordering === undefined ? events : events.filter((event) => !event.ordered);
  await Promise.all([
    ordering &&
      boundedMap([...byKey], KEYS_AT_ONCE, async ([pk, group]) => {
        if (!ports.stopped()) await setAsideOfKey(pk, group, { ...ports, ordering, waitForTurn }, request, outcomes);
      }),
    (async () => {
      for (const rows of chunksOf(alone, ROWS_AT_ONCE)) {
        if (!ports.stopped()) await setAsideRows(rows, { ...ports, waitForTurn }, request, outcomes);
      }
    })(),
  ]);
}
