import { describe, expect, it } from "vitest";
import { MINUTE_MS } from "../../core/ordered/ordered-world.ts";
import { times } from "../../world/world.ts";
import { operatorWorld } from "./operator-world.ts";

const SLOW = { eventsPerSecond: 0.1 };
const STOPPED_AFTER_MS = 25_000;
/** The turns of that time are at 0, 10 and 20 seconds. */
const TURNS = 3;

type World = ReturnType<typeof operatorWorld>;

function writtenWorld(): World {
  const world = operatorWorld();
  times(20, () => world.write());
  return world;
}

/** No requeuer takes its events for hours. */
function restingWorld(): World {
  const world = writtenWorld();
  for (const item of world.table.items.values()) {
    world.table.put({ ...item, _notBefore: { N: String(world.clock.now() + 600 * MINUTE_MS) } });
  }
  return world;
}

async function setAsideWorld(): Promise<World> {
  const world = writtenWorld();
  await world.clock.run(() => world.act.setAside({}));
  return world;
}

type Command = (world: World) => Promise<Readonly<Record<string, number>>>;

describe("a command with a slow rate hears within a second that it is stopped, and does no more", () => {
  it.each<[name: string, made: () => World | Promise<World>, command: Command, most: number]>([
    ["retry", restingWorld, ({ act }) => act.retry({}, SLOW), TURNS],
    ["quarantine", writtenWorld, ({ act }) => act.setAside({}, SLOW), 0],
    ["discard", setAsideWorld, ({ act }) => act.discard(SLOW), TURNS],
    ["release", setAsideWorld, ({ act }) => act.release(SLOW), TURNS],
  ])("%s", async (_name, made, command, most) => {
    const world = await made();
    const { clock, stop } = world;
    const beganMs = clock.now();
    const outcomes = await clock.run(async () => {
      const [counts] = await Promise.all([command(world), clock.sleep(STOPPED_AFTER_MS).then(stop)]);
      return counts;
    });
    expect(clock.now() - beganMs).toBeLessThanOrEqual(STOPPED_AFTER_MS + 1_500);
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(most);
  });
});
