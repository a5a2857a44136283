import { describe, expect, it } from "vitest";
import { DOWN } from "../../world/scripted-target.ts";
import { times, worldOf } from "../../world/world.ts";
import { MINUTE_MS } from "../after-outage.ts";

const FOREVER_MS = 10 * MINUTE_MS;
const HANGING = "hangs";
const SOUND = "sound";
const SOUND_EVENTS = 1_000;
const HANGING_EVENTS = 1_500;
/** More of each destination than are drained at once. */
const KEYS = 250;
/** The most that the hanging destination takes of the sound one's time: it is waited for once in each part of a run. */
const MOST_TAKEN_MS = 1_500;
/** How much longer a slow destination may take beside a fast one. */
const MOST_TAKEN_SHARE = 1.1;

/** How a destination hangs. */
const HANGS = {
  "never answers a call": (world: World) => {
    world.target.latencyOf = (destination) => (destination === HANGING ? FOREVER_MS : 20);
  },
  "answers its first calls only": (world: World) => {
    let calls = 0;
    world.target.latencyOf = (destination) => (destination === HANGING && ++calls > 3 ? FOREVER_MS : 20);
  },
  "waits for its existence check": (world: World) => {
    const check = world.target.check.bind(world.target);
    world.target.check = async (destination) => {
      if (destination === HANGING) await world.clock.sleep(FOREVER_MS);
      return check(destination);
    };
  },
} as const;

/** Slower than a run's patience. */
const SLOW_MS = 1_500;

type World = ReturnType<typeof worldOf>;
type Order = "in turn" | "the hanging one first";

interface Story {
  readonly ordering: "none" | "per-key";
  /** How many events the sound destination has. @default SOUND_EVENTS */
  readonly sound?: number;
  /** How many events the hanging destination has. */
  readonly hanging: number;
  readonly order: Order;
  readonly hang: keyof typeof HANGS;
  /** The other destination does not hang: it is fast, and the sound one is slow. @default false */
  readonly slow?: boolean;
}

interface Place {
  readonly destination: string;
  readonly index: number;
}

function eventsOf({ sound: count = SOUND_EVENTS, hanging, order }: Story): readonly Place[] {
  const sound = times(count, (index) => ({ destination: SOUND, index }));
  const others = times(hanging, (index) => ({ destination: HANGING, index }));
  const inTurn = times(Math.max(count, hanging), (index) => [others[index] ?? [], sound[index] ?? []]);
  return order === "in turn" ? inTurn.flat(2) : [...others, ...sound];
}

const write = (world: World, { ordering }: Story, places: readonly Place[]) =>
  places.map(({ destination, index }) => {
    const order = { key: `${destination}/k${index % KEYS}`, sequence: 1 + Math.floor(index / KEYS) };
    return world.write({ id: `${destination}/${index}`, destination, ...(ordering === "per-key" && { order }) });
  });

interface Delivered {
  /** Events of the sound destination. */
  readonly events: number;
  /** When the last of them was delivered, in milliseconds from the beginning of the run. */
  readonly lastMs: number;
}

/** What one run delivers to the sound destination. */
async function soundIn({ hanging, hang, slow = false }: Story, world: World): Promise<Delivered> {
  const { target, clock, requeuerProcess } = world;
  if (slow) target.latencyOf = (destination) => (destination === SOUND ? SLOW_MS : 20);
  else if (hanging > 0) HANGS[hang](world);
  const startMs = clock.now();
  const delivered = new Set<string>();
  let lastMs = 0;
  const { script } = target;
  target.script = (event, call) => {
    if (event.id.startsWith(SOUND)) {
      delivered.add(event.id);
      lastMs = clock.now() - startMs;
    }
    return script(event, call);
  };
  await requeuerProcess().invoke();
  return { events: delivered.size, lastMs };
}

/** Rows that nobody parked: old enough for the sweep, and without dead letters. */
async function swept(story: Story): Promise<Delivered> {
  const world = worldOf({ settings: { ordering: story.ordering } });
  write(world, story, eventsOf(story));
  world.clock.skip(6 * MINUTE_MS);
  if (story.ordering === "per-key") {
    // A key that nobody parked is parked first.
    await world.requeuerProcess().invoke();
    world.deadLetters.purge();
    world.clock.skip(2 * MINUTE_MS);
  }
  return soundIn(story, world);
}

/** Rows that an outage of both destinations parked: too young for the sweep, and each with its dead letter. */
async function drained(story: Story): Promise<Delivered> {
  const world = worldOf({ settings: { ordering: story.ordering } });
  await parked(world, story, eventsOf(story));
  return soundIn(story, world);
}

/** The hanging destination has rows for the sweep, which comes first; the sound one has dead letters. */
async function sweptAndDrained(story: Story): Promise<Delivered> {
  const world = worldOf();
  const isHanging = ({ destination }: Place) => destination === HANGING;
  write(world, story, eventsOf(story).filter(isHanging));
  world.clock.skip(6 * MINUTE_MS);
  await parked(
    world,
    story,
    eventsOf(story).filter((place) => !isHanging(place)),
  );
  return soundIn(story, world);
}

async function parked(world: World, story: Story, places: readonly Place[]): Promise<void> {
  const { target, clock, deadLetters, relayProcess, requeuerProcess } = world;
  const ids = places.map(({ destination, index }) => `${destination}/${index}`);
  const records = write(world, story, places);
  target.script = () => DOWN;
  if (story.ordering === "none") await relayProcess().invoke(records);
  else {
    clock.skip(6 * MINUTE_MS);
    await requeuerProcess().invoke();
  }
  target.script = () => undefined;
  // A queue keeps no order, so any order may come.
  const placeOf = (body: string) => ids.indexOf(JSON.parse(body).id);
  const bodies = deadLetters.messages.map(({ body }) => body);
  deadLetters.purge();
  for (const body of bodies.toSorted((one, other) => placeOf(one) - placeOf(other))) deadLetters.put(body);
  target.calls.length = 0;
  clock.skip(2 * MINUTE_MS);
}

const PARTS = [
  ["sweep", "none", swept],
  ["drain", "none", drained],
  ["drain after its own rows are swept", "none", sweptAndDrained],
  ["sweep of ordering keys", "per-key", swept],
  ["drain of ordering keys", "per-key", drained],
] as const;
const ORDERS = ["in turn", "the hanging one first"] as const;

describe("a destination that hangs takes no time of a run from a sound one", () => {
  for (const [part, ordering, deliver] of PARTS) {
    const story = { ordering, order: "in turn", hang: "never answers a call" } as const;
    let withoutIt: Promise<Delivered> | undefined;
    for (const hang of Object.keys(HANGS) as (keyof typeof HANGS)[]) {
      for (const order of ORDERS) {
        it(`in the ${part}, where it ${hang}, ${order}`, async () => {
          withoutIt ??= deliver({ ...story, hanging: 0 });
          const alone = await withoutIt;
          const beside = await deliver({ ...story, order, hang, hanging: HANGING_EVENTS });
          expect(alone.events).toBe(SOUND_EVENTS);
          expect(beside.events).toBe(SOUND_EVENTS);
          expect(beside.lastMs).toBeLessThan(alone.lastMs + MOST_TAKEN_MS);
        });
      }
    }
  }
});

describe("a destination that is slow, and no more than that", () => {
  for (const [part, ordering, deliver] of PARTS) {
    it(`gets as many events in the ${part} beside a fast one`, async () => {
      const story = { ordering, order: "in turn", hang: "never answers a call", slow: true } as const;
      const alone = await deliver({ ...story, hanging: 0 });
      const beside = await deliver({ ...story, hanging: HANGING_EVENTS });
      expect(alone.events).toBe(SOUND_EVENTS);
      expect(beside.events).toBe(SOUND_EVENTS);
      expect(beside.lastMs).toBeLessThan(alone.lastMs * MOST_TAKEN_SHARE);
    });
  }
});

describe("a few events of a sound destination behind many of one that hangs", () => {
  for (const [part, ordering, deliver] of PARTS) {
    it(`are delivered in the ${part}`, async () => {
      const order = "the hanging one first";
      const story = { ordering, order, hang: "never answers a call", sound: 3, hanging: 3 * HANGING_EVENTS } as const;
      expect((await deliver(story)).events).toBe(3);
    });
  }
});

it("publishes no row twice that late work is at while the sweep meets it again", async () => {
  const world = worldOf();
  const story = { ordering: "none", order: "in turn", hang: "never answers a call", sound: 30, hanging: 30 } as const;
  const places = eventsOf(story);
  await parked(world, story, places);
  world.clock.skip(6 * MINUTE_MS);
  // Nothing answers while the sweep has its turn.
  world.target.latencyOf = (destination) => (destination === SOUND ? 20 : 15_000);
  await world.requeuerProcess().invoke();
  const ids = world.target.calls.flatMap((call) => call.ids);
  expect(ids).toHaveLength(new Set(ids).size);
});
