import type { Ordering } from "../../../lib/contract/settings/settings.ts";
import { type OutcomeCounts, outcomeCounts } from "../../../lib/operator/core/act.ts";
import type { EventFilter } from "../../../lib/operator/core/events/event-filter.ts";
import { forEachWaiting, type ListRequest, listEvents } from "../../../lib/operator/core/events/list-events.ts";
import type { WaitingEvent } from "../../../lib/operator/core/events/waiting-event.ts";
import type {
  DiscardAsideOutcome,
  ReleaseOutcome,
  RetryOutcome,
  SetAsideOutcome,
} from "../../../lib/operator/core/outcomes.ts";
import { type ReleaseOptions, releaseEvents } from "../../../lib/operator/core/release.ts";
import { type RetryOptions, retryEvents } from "../../../lib/operator/core/retry.ts";
import { discardAside } from "../../../lib/operator/core/set-aside/discard-aside.ts";
import { setAsideEvents } from "../../../lib/operator/core/set-aside/set-aside.ts";
import type { SetAsideRequest } from "../../../lib/operator/core/set-aside/set-aside-request.ts";
import { orderedWorld } from "../../core/ordered/ordered-world.ts";
import { MemoryJournal, memoryOperatorTable } from "../../world/memory-operator.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import type { WorldOptions } from "../../world/world.ts";
import { MIN_PARKED_MS } from "../../world/world.ts";

/** A world with an operator in it, who works on the same clock as relay and requeuer. */
export function operatorWorld(ordering: Ordering = "none", options: WorldOptions = {}) {
  const world = orderedWorld(ordering, options);
  const { clock, table, random } = world;
  const journal = new MemoryJournal(clock);
  const operatorTable = memoryOperatorTable(table.store, journal, clock);
  const parts = world.relayProcess();
  let stop = false;
  let acts = 0;
  const ports = {
    ...parts,
    table: operatorTable,
    clock,
    random,
    telemetry: new RecordingTelemetry(),
    minParkedMs: MIN_PARKED_MS,
    ordering: parts.ordering,
    keepsOrder: parts.ordering !== undefined,
    stopped: () => stop,
  };

  async function select(filter: EventFilter = {}): Promise<readonly WaitingEvent[]> {
    const events: WaitingEvent[] = [];
    await forEachWaiting(ports, filter, (event) => events.push(event));
    return events;
  }

  async function counted<Outcome extends string>(
    work: (outcomes: OutcomeCounts<Outcome>) => Promise<void>,
  ): Promise<Partial<Record<Outcome, number>>> {
    const outcomes = outcomeCounts<Outcome>();
    await work(outcomes);
    return Object.fromEntries(outcomes.counts()) as Partial<Record<Outcome, number>>;
  }

  const request = (change: Partial<SetAsideRequest>): SetAsideRequest => ({
    place: "quarantined",
    actId: `act-${++acts}`,
    who: "arn:operator",
    why: "a test",
    eventsPerSecond: 1_000,
    ...change,
  });

  return {
    ...world,
    journal,
    operatorTable,
    /** Ends the running command, as Ctrl-C does. */
    stop: () => {
      stop = true;
    },
    /** Work that goes on beside others; run it by `clock.run`. */
    act: {
      select,
      retry: async (filter: EventFilter, how?: RetryOptions) => {
        const events = await select(filter);
        return counted<RetryOutcome>((outcomes) => retryEvents(events, ports, outcomes, how));
      },
      setAside: async (filter: EventFilter, change: Partial<SetAsideRequest> = {}) => {
        const events = await select(filter);
        return counted<SetAsideOutcome>((outcomes) => setAsideEvents(events, ports, request(change), outcomes));
      },
      release: async (change: Partial<ReleaseOptions> = {}) => {
        const options = { actId: `act-${++acts}`, eventsPerSecond: 1_000, outOfOrder: false, ...change };
        return counted<ReleaseOutcome>((outcomes) => releaseEvents(journal.quarantined, ports, options, outcomes));
      },
      discard: async (change: Partial<SetAsideRequest> = {}) =>
        counted<DiscardAsideOutcome>((outcomes) =>
          discardAside(journal.quarantined, ports, request({ place: "discarded", ...change }), outcomes),
        ),
      list: (request: Partial<ListRequest> = {}) =>
        listEvents(ports, { filter: {}, order: "oldest", limit: 50, ...request }),
    },
  };
}
