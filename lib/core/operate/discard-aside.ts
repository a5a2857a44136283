import { boundedMap } from "../parallel.ts";
import { fixedRateLimiter } from "../requeue/fixed-rate-limiter.ts";
import type { AsideEvent, OutcomeCounts } from "./act.ts";
import type { CommandPorts, OperatorTable } from "./operator-ports.ts";
import type { SetAsideRequest } from "./set-aside.ts";

const PARALLEL_WRITES = 8;

/** Gives quarantined events up. They stay in the journal, whole. */
export async function discardAside(
  events: readonly AsideEvent[],
  ports: CommandPorts & { readonly table: Pick<OperatorTable, "discardAside"> },
  { actId, who, why, eventsPerSecond }: SetAsideRequest,
  book: OutcomeCounts,
): Promise<void> {
  const waitForTurn = fixedRateLimiter(eventsPerSecond, ports.clock);
  await boundedMap(events, PARALLEL_WRITES, async (aside) => {
    await waitForTurn(1);
    if (ports.stopped()) return;
    const atMs = ports.clock.now();
    const entryId = `${new Date(atMs).toISOString()}#${actId}#${aside.key.sk}#${aside.key.pk}`;
    const discarded: AsideEvent = { ...aside, place: "discarded", entryId, actId, who, why, atMs };
    const end = await ports.table.discardAside(aside, discarded);
    book.add(end === "discarded" ? "discarded" : "not in quarantine any more");
  });
}
