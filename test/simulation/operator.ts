import { FUNCTION_ROLES, type FunctionRole } from "../../lib/contract/deployment/function-role.ts";
import type { Clock, Telemetry } from "../../lib/core/ports.ts";
import { protocolParts } from "../../lib/core/process/process.ts";
import { outcomeCounts } from "../../lib/operator/core/act.ts";
import { forEachWaiting } from "../../lib/operator/core/events/list-events.ts";
import type { WaitingEvent } from "../../lib/operator/core/events/waiting-event.ts";
import type { Act, ActName } from "../../lib/operator/core/journal.ts";
import { releaseEvents } from "../../lib/operator/core/release.ts";
import { retryEvents } from "../../lib/operator/core/retry.ts";
import { discardAside } from "../../lib/operator/core/set-aside/discard-aside.ts";
import { setAsideEvents } from "../../lib/operator/core/set-aside/set-aside.ts";
import type { SetAsidePorts } from "../../lib/operator/core/set-aside/set-aside-request.ts";
import { type Switches, turn, untilIdle } from "../../lib/operator/core/switches.ts";
import { asideIn } from "../engine/operator-effects.ts";
import { oneOf } from "./one-of.ts";
import { simulatedKeys } from "./ports/key-table.ts";
import { type OperatorServices, simulatedOperatorTable } from "./ports/operator-table.ts";
import type { SimulatedStream } from "./ports/stream.ts";
import type { SimulatedSwitches } from "./ports/switches.ts";
import type { Services } from "./process.ts";
import { MIN_PARKED_MS, SETTINGS } from "./scenario.ts";
import type { Actor } from "./scheduler.ts";
import type { Scenario } from "./storms/scenario-shape.ts";
import { WORLD, type World } from "./world.ts";

const SILENT: Telemetry = { count: () => undefined, measure: () => undefined, log: () => undefined };
const COMMANDS = [
  "retry",
  "retry",
  "quarantine",
  "quarantine",
  "discard",
  "release",
  "release out of order",
  "discard aside",
  "pause",
] as const;
/** Without the sweep nobody frees the rows that a command held when it died. A pause holds none. */
const COMMANDS_WITHOUT_SWEEP = ["pause"] as const;
/** The longest time that something stays paused. */
const PAUSED_MS = 120_000;
/** How many commands a storm has at most, and the time before which they begin. */
const MOST_COMMANDS = 8;
const BEGIN_WITHIN_MS = 420_000;
/** Fast enough that a command waits for the protocol and not for its rate. */
const RATE = 50;

export interface OperatedServices extends Services, OperatorServices {
  readonly switches: SimulatedSwitches;
  /** Commands on record, each from before it changed anything. */
  readonly acts: Act[];
}

/** People who use the real commands, beside relays and requeuers and beside each other. */
export function scheduleOperators(
  world: World,
  services: OperatedServices & { readonly stream: SimulatedStream },
  scenario: Scenario,
): void {
  if (!scenario.operators) return;
  const { scheduler, random } = world;
  const commands = 1 + Math.floor(random() * MOST_COMMANDS);
  for (let index = 1; index <= commands; index += 1) {
    const beginMs = scheduler.nowMs + random() * BEGIN_WITHIN_MS;
    scheduler.at(WORLD, "a command begins", beginMs, () => {
      const actor: Actor = { name: `operator${index}`, dead: false };
      work(world, services, scenario, actor).catch((error: unknown) => {
        // If the table cannot be reached, the command ends. The rows it held are free again after a while.
        if (error instanceof Error && /cannot be/.test(error.message)) return;
        world.ledger.livelock(`${actor.name} threw ${String(error)}`);
      });
    });
  }
}

async function work(world: World, services: OperatedServices, scenario: Scenario, actor: Actor): Promise<void> {
  const { random, ledger } = world;
  const ports = portsOf(world, services, scenario, actor);
  const command = oneOf<(typeof COMMANDS)[number]>(scenario.sweep ? COMMANDS : COMMANDS_WITHOUT_SWEEP, random);
  // Nobody reads the command's outcome, for the ledger judges.
  const outcomes = outcomeCounts<string>();
  const request = { actId: actor.name, who: actor.name, why: "a storm", eventsPerSecond: RATE } as const;
  const begin = (name: ActName) => {
    const { actId: id, who } = request;
    services.acts.push({ id, name, atMs: world.scheduler.nowMs, who, what: "some", events: 1 });
  };
  const quarantined = () => asideIn(services.journal, "quarantined");
  const discardQuarantined = () => {
    begin("discard");
    return discardAside(quarantined(), ports, { ...request, place: "discarded" }, outcomes);
  };
  switch (command) {
    case "retry":
      begin("retry");
      return retryEvents(await some(ports, scenario, random), ports, outcomes);
    case "quarantine":
      begin("quarantine");
      await setAsideEvents(await some(ports, scenario, random), ports, { ...request, place: "quarantined" }, outcomes);
      // The operator thinks again at once, or when the key has gone on.
      if (random() < 0.6) await ports.clock.sleep(oneOf([0, 100_000], random));
      // Some events are discarded then, for that command alone seldom finds anything in quarantine.
      if (random() >= 0.7) return discardQuarantined();
      begin("release");
      return releaseEvents(quarantined(), ports, { ...request, outOfOrder: false }, outcomes);
    case "discard":
      begin("discard");
      return setAsideEvents(await some(ports, scenario, random), ports, { ...request, place: "discarded" }, outcomes);
    case "discard aside":
      return discardQuarantined();
    case "pause":
      begin("pause");
      return pause(world, services.switches, services.switches.for(actor), ports);
    default: {
      begin("release");
      const events = quarantined();
      const outOfOrder = command === "release out of order";
      if (outOfOrder) for (const { id = "" } of events) ledger.allowOutOfOrder(id);
      return releaseEvents(events, ports, { ...request, outOfOrder }, outcomes);
    }
  }
}

/**
 * Switches a part off until no process has work in hand. After a while it is switched on again, for perhaps nobody else does
 * so.
 */
async function pause(
  { ledger, random }: World,
  simulated: SimulatedSwitches,
  switches: Switches,
  ports: SetAsidePorts,
): Promise<void> {
  const parts = oneOf<readonly FunctionRole[]>([["relay"], ["requeuer"], FUNCTION_ROLES], random);
  const switchPorts = { ...ports, switches };
  await turn(parts, false, switchPorts);
  const resumes = simulated.resumes(parts);
  const end = await untilIdle(parts, switchPorts);
  // If somebody else resumed the part meanwhile, and perhaps paused it again, that operator waits for it.
  if (end === "idle" && simulated.resumes(parts) === resumes) for (const part of parts) ledger.quiet.add(part);
  await ports.clock.sleep(random() * PAUSED_MS);
  await turn(parts, true, switchPorts);
}

function portsOf(
  world: World,
  services: OperatorServices & Services,
  { ordering }: Scenario,
  actor: Actor,
): SetAsidePorts {
  const { scheduler, random } = world;
  const clock: Clock = { now: () => scheduler.nowMs, sleep: (ms) => scheduler.sleep(actor, ms) };
  const ports = { clock, random, telemetry: SILENT };
  const parts = protocolParts(
    {
      ...ports,
      table: services.table.for(actor),
      deadLetters: services.queue.for(actor),
      keys: simulatedKeys(world, services.table, actor),
    },
    { ...SETTINGS, ordering },
  );
  const stopAtMs = scheduler.nowMs + (random() < 0.2 ? random() * 120_000 : Number.POSITIVE_INFINITY);
  return {
    ...{ ...ports, ...parts, minParkedMs: MIN_PARKED_MS },
    table: simulatedOperatorTable(world, services, actor),
    stopped: () => scheduler.nowMs >= stopAtMs,
  };
}

/** Some of the events that wait, as a filter would pick them. */
async function some(
  ports: SetAsidePorts,
  { ordering }: Scenario,
  random: World["random"],
): Promise<readonly WaitingEvent[]> {
  const found: WaitingEvent[] = [];
  await forEachWaiting({ ...ports, keepsOrder: ordering !== "none" }, {}, (event) => {
    if (random() < 0.6) found.push(event);
  });
  return found;
}
