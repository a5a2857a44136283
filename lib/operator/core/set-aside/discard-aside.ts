import { boundedMap } from "../../../core/parallel.ts";
import type { Outcomes } from "../act.ts";
import type { AsideEvent } from "../journal.ts";
import type { CommandPorts, OperatorTable } from "../operator-ports.ts";
import type { DiscardAsideOutcome } from "../outcomes.ts";
import { stoppableRateLimiter } from "../rate-limiter.ts";
import type { SetAsideRequest } from "./set-aside-request.ts";

const PARALLEL_WRITES = 8;

/** Gives quarantined events up. They stay in the journal, whole. */
export async function discardAside(
  events: readonly AsideEvent[],
  ports: CommandPorts & { readonly table: Pick<OperatorTable, "discardAside"> },
  { actId, who, why, eventsPerSecond }: SetAsideRequest,
  outcomes: Outcomes<DiscardAsideOutcome>,
): Promise<void> {
  const waitForTurn = stoppableRateLimiter(eventsPerSecond, ports);
  await boundedMap(events, PARALLEL_WRITES, async (aside) => {
    await waitForTurn(1);
    if (ports.stopped()) return;
    const atMs = ports.clock.now();
    const entryId = `${new Date(atMs).toISOString()}#${actId}#${aside.key.sk}#${aside.key.pk}`;
    const discarded: AsideEvent = { ...aside, place: "discarded", entryId, actId, who, why, atMs };
    outcomes.add(await ports.table.discardAside(aside, discarded));
  });
}
