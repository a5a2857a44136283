import { describe, expect, it, vi } from "vitest";
import type { NewEvent } from "../../../lib/contract/codec/encode-row.ts";
import type { Failure } from "../../../lib/contract/failure.ts";
import { failedParked, malformedParked, type Parked, parkingFor } from "../../../lib/core/delivery/park.ts";
import type { Marked, ParkMark } from "../../../lib/core/ports.ts";
import { eventOf } from "../../engine/event-of.ts";
import { DOWN, REFUSED } from "../../world/scripted-target.ts";
import { times, worldOf } from "../../world/world.ts";
import { withoutSource } from "../ordered/ordered-world.ts";

/** SQS holds about 120,000 messages in flight; the relay stops well before that. */
const FULL = 100_000;
const LOOKUP_EVERY_MS = 30_000;
const BASE_SECONDS = 60;

/** The parking of a relay process. A rest is always as long as its backoff allows. */
function parkingWorld() {
  const world = worldOf();
  const { table, deadLetters, clock } = world;
  const { ports, recording: telemetry } = world.portsOf("relay");
  const startMs = clock.now();
  const state = { marked: undefined as Marked | undefined, depth: { visible: 0, hidden: 0 }, lookups: 0 };
  const marks: (ParkMark & { readonly pk: string })[] = [];
  const mark = table.mark.bind(table);
  table.mark = async (row, wanted) => {
    marks.push({ pk: row.pk, ...wanted });
    const marked = await mark(row, wanted);
    return state.marked ?? marked;
  };
  deadLetters.depth = async () => {
    state.lookups += 1;
    return state.depth;
  };
  const requeueBackoff = { baseSeconds: BASE_SECONDS, capSeconds: 3_600 };
  const parking = parkingFor({ ...ports, random: () => 1, requeueBackoff });

  /** A row that its writer wrote, as it is parked. */
  function parkedFor(failure: Failure, change: Partial<NewEvent> = {}, attempts = 1): Parked {
    const { row } = world.write(change);
    const outcome = { kind: "failed", event: eventOf(row), failure, attempts, firstFailureMs: startMs } as const;
    return failedParked(outcome, row);
  }
  const malformed = (): readonly Parked[] => malformedParked(world.write({ id: "bad" }, withoutSource).row, startMs);
  const deadLettersFor = () => deadLetters.bodies.map((body) => body["id"]);
  const toldOf = (message: string) => telemetry.logs.filter((log) => log.message.includes(message));
  return { ...world, ...{ telemetry, startMs, state, marks, parking, parkedFor, malformed, deadLettersFor, toldOf } };
}

describe("an event that is parked", () => {
  it("has a dead letter that tells the whole story, and a line of the log", async () => {
    const { clock, parking, parkedFor, deadLetters, startMs, toldOf, telemetry } = parkingWorld();
    const parked = parkedFor(DOWN, { type: "order.paid", order: { key: "order#1", sequence: 7 } }, 5);
    clock.skip(1_000);
    await clock.run(() => parking.park([parked]));
    const told = { class: "transient", scope: "target", code: "ServiceUnavailable", attempts: 5 };
    expect(deadLetters.bodies).toMatchObject([
      {
        ...{ pk: "order#1", sk: "7", id: "e1", ...told, event: { type: "order.paid" } },
        firstFailure: new Date(startMs).toISOString(),
        parked: new Date(startMs + 1_000).toISOString(),
      },
    ]);
    expect(toldOf("is parked")).toMatchObject([
      {
        level: "warn",
        fields: { eventId: "e1", eventType: "order.paid", key: "order#1", ...told, error: DOWN.message },
      },
    ]);
    expect([telemetry.total("EventsParked"), telemetry.total("ParkFailures")]).toEqual([1, 0]);
  });

  it("is marked only where the failure is its own", async () => {
    const { clock, parking, parkedFor, marks, deadLettersFor } = parkingWorld();
    await clock.run(() => parking.park([parkedFor(DOWN), parkedFor(REFUSED), parkedFor(DOWN)]));
    expect(deadLettersFor()).toEqual(["e1", "e2", "e3"]);
    expect(marks).toMatchObject([{ pk: "e2", attempts: 1, reason: expect.stringContaining("InvalidArgument") }]);
  });

  it("rests for longer with each round that failed, and as long as the target asked at least", async () => {
    const { clock, parking, parkedFor, marks } = parkingWorld();
    const again = { ...parkedFor(REFUSED), marks: { attempts: 2 } };
    const asked = parkedFor({ ...REFUSED, retryAfterMs: 600_000 });
    const fromMs = clock.now();
    expect(await clock.run(() => parking.markAgain(again))).toBe(4 * BASE_SECONDS * 1_000);
    expect(await clock.run(() => parking.markAgain(asked))).toBe(600_000);
    expect(marks[0]).toMatchObject({ attempts: 3, notBeforeMs: fromMs + 4 * BASE_SECONDS * 1_000 });
    expect(marks[1]).toMatchObject({ attempts: 1 });
  });

  it("goes on counting from its row's marks, and begins anew where its row is not in hand", async () => {
    const { clock, parking, write, startMs, marks } = parkingWorld();
    const { row } = write();
    const outcome = {
      kind: "failed",
      event: eventOf(row),
      failure: REFUSED,
      attempts: 1,
      firstFailureMs: startMs,
    } as const;
    const marked = { ...row, marks: { attempts: 4 } };
    await clock.run(() => parking.park([failedParked(outcome, marked), failedParked(outcome, undefined)]));
    expect(marks.map(({ attempts }) => attempts)).toEqual([5, 1]);
  });

  it("costs no request to the queue or the table where there is none", async () => {
    const { clock, parking, deadLetters, marks, state, telemetry } = parkingWorld();
    let sent = 0;
    deadLetters.send = async () => {
      sent += 1;
      return [];
    };
    await clock.run(() => parking.park([]));
    expect([sent, marks.length, state.lookups, telemetry.total("EventsParked")]).toEqual([0, 0, 0, 0]);
  });

  it("is told again when it fails again, with the rounds that failed, and gets no second dead letter", async () => {
    const { clock, parking, parkedFor, deadLettersFor, toldOf } = parkingWorld();
    await clock.run(() => parking.markAgain({ ...parkedFor(REFUSED), marks: { attempts: 2 } }));
    expect(deadLettersFor()).toEqual([]);
    expect(toldOf("failed again")).toMatchObject([
      { level: "warn", fields: { eventId: "e1", attempts: 3, code: "InvalidArgument", scope: "event" } },
    ]);
  });

  it("is marked with at most fifteen others at once", async () => {
    const { clock, parking, parkedFor, table } = parkingWorld();
    const mark = table.mark;
    let out = 0;
    let mostOut = 0;
    table.mark = async (row, wanted) => {
      out += 1;
      mostOut = Math.max(mostOut, out);
      const marked = await mark(row, wanted);
      out -= 1;
      return marked;
    };
    const events = times(50, () => parkedFor(REFUSED));
    await clock.run(() => parking.park(events));
    expect(mostOut).toBe(16);
  });

  it("is parked all the same where its row cannot be marked, and whoever parks it hears of no error", async () => {
    const { clock, parking, parkedFor, table, deadLettersFor, toldOf } = parkingWorld();
    table.failing.add("mark");
    await clock.run(() => parking.park([parkedFor(REFUSED), parkedFor(REFUSED)]));
    expect(deadLettersFor()).toEqual(["e1", "e2"]);
    expect(toldOf("could not be marked")).toMatchObject(
      ["e1", "e2"].map((eventId) => ({ level: "warn", fields: { eventId, error: "Error" } })),
    );
    expect(await clock.run(() => parking.markAgain(parkedFor(REFUSED)))).toBe(BASE_SECONDS * 1_000);
  });
});

describe("a row that breaks the item contract", () => {
  it("is parked with its reason, after no attempt, and told of as an error", async () => {
    const { clock, parking, malformed, deadLetters, marks, telemetry, toldOf } = parkingWorld();
    await clock.run(() => parking.park(malformed()));
    const reason = expect.stringContaining("source is absent");
    expect(deadLetters.bodies).toMatchObject([
      { pk: "bad", sk: "1", id: "bad", code: "MalformedRow", class: "permanent", scope: "event", attempts: 0 },
    ]);
    expect(marks).toMatchObject([{ pk: "bad", attempts: 1, reason }]);
    expect(telemetry.total("MalformedRecords")).toBe(1);
    expect(toldOf("breaks the item contract")).toMatchObject([
      { level: "error", fields: { eventId: "bad", key: "bad", sk: "1", reason } },
    ]);
    expect(toldOf("is parked;")).toEqual([]);
    expect(toldOf("not delivered; it is parked")).toMatchObject([{ fields: { eventId: "bad", key: "bad" } }]);
  });

  it("is told of where its backoff is kept elsewhere, too", async () => {
    const { clock, parking, malformed, marks, deadLettersFor, telemetry } = parkingWorld();
    const [parked] = malformed();
    if (parked === undefined) throw new Error("A malformed row is parked");
    expect(await clock.run(() => parking.leaveDeadLetter(parked))).toBe(true);
    expect(deadLettersFor()).toEqual(["bad"]);
    expect([marks.length, telemetry.total("MalformedRecords")]).toEqual([0, 1]);
  });

  it("is another than a well-formed one, which is not parked for its form", () => {
    const { write, startMs } = parkingWorld();
    expect(malformedParked(write().row, startMs)).toEqual([]);
  });
});

describe("a dead letter that the queue does not take", () => {
  it("is not told of where there is none, for CloudWatch bills each metric", async () => {
    const { clock, parking, parkedFor, telemetry } = parkingWorld();
    const count = vi.spyOn(telemetry, "count");
    await clock.run(() => parking.park([parkedFor(DOWN)]));
    expect(count.mock.calls.map(([metric]) => metric)).toEqual(["EventsParked"]);
  });

  it("is counted, and whoever asked for it is told so", async () => {
    const { clock, parking, parkedFor, deadLetters, telemetry } = parkingWorld();
    const send = deadLetters.send.bind(deadLetters);
    // Of several dead letters the queue takes the first.
    deadLetters.send = async (given) => {
      await send(given.slice(0, 1));
      return given.map((_deadLetter, index) => index === 0);
    };
    await clock.run(() => parking.park([parkedFor(DOWN), parkedFor(DOWN), parkedFor(DOWN)]));
    expect([telemetry.total("EventsParked"), telemetry.total("ParkFailures")]).toEqual([1, 2]);
    expect(await clock.run(() => parking.leaveDeadLetter(parkedFor(DOWN)))).toBe(true);
    deadLetters.send = async (given) => given.map(() => false);
    expect(await clock.run(() => parking.leaveDeadLetter(parkedFor(DOWN)))).toBe(false);
    expect([telemetry.total("EventsParked"), telemetry.total("ParkFailures")]).toEqual([2, 3]);
  });
});

describe("a dead-letter queue that is full", () => {
  it.each<readonly [what: string, visible: number, hidden: number, sent: readonly string[]]>([
    ["takes what fails by its own fault only", FULL, 0, ["own"]],
    ["counts the dead letters that somebody has in hand", FULL - 1_000, 1_000, ["own"]],
    ["takes everything up to the last place", FULL - 1_000, 999, ["own", "outage"]],
  ])("%s", async (_what, visible, hidden, sent) => {
    const { clock, parking, parkedFor, state, deadLettersFor, marks } = parkingWorld();
    state.depth = { visible, hidden };
    await clock.run(() => parking.park([parkedFor(REFUSED, { id: "own" }), parkedFor(DOWN, { id: "outage" })]));
    expect(deadLettersFor()).toEqual(sent);
    expect(marks.map(({ pk }) => pk)).toEqual(["own"]);
  });

  it("is not asked for where nothing fails by the target's fault", async () => {
    const { clock, parking, parkedFor, state } = parkingWorld();
    await clock.run(() => parking.park([parkedFor(REFUSED)]));
    expect(state.lookups).toBe(0);
  });

  it("is asked how full it is every half a minute, and is believed meanwhile", async () => {
    const { clock, parking, parkedFor, state, deadLettersFor } = parkingWorld();
    const outage = () => clock.run(() => parking.park([parkedFor(DOWN)]));
    state.depth = { visible: FULL, hidden: 0 };
    const fromMs = clock.now();
    await outage();
    state.depth = { visible: 0, hidden: 0 };
    clock.skip(fromMs + LOOKUP_EVERY_MS - 1 - clock.now());
    await outage();
    expect([state.lookups, deadLettersFor()]).toEqual([1, []]);
    clock.skip(fromMs + LOOKUP_EVERY_MS - clock.now());
    await outage();
    expect([state.lookups, deadLettersFor()]).toEqual([2, ["e3"]]);
  });

  it("gets every dead letter while it does not say how full it is, and is not asked again at once", async () => {
    const { clock, parking, parkedFor, deadLetters, deadLettersFor, toldOf } = parkingWorld();
    let lookups = 0;
    deadLetters.depth = async () => {
      lookups += 1;
      throw new Error("The queue refuses");
    };
    for (const _again of times(2, () => undefined)) await clock.run(() => parking.park([parkedFor(DOWN)]));
    expect(deadLettersFor()).toEqual(["e1", "e2"]);
    expect(lookups).toBe(1);
    expect(toldOf("depth of the dead-letter queue is unknown")).toMatchObject([
      { level: "warn", fields: { error: "Error" } },
    ]);
  });
});

describe("a row that has no room for a mark", () => {
  it("rests by what the process remembers, for longer with each round, and is told of", async () => {
    const { clock, parking, parkedFor, state, marks, toldOf } = parkingWorld();
    state.marked = "no-room";
    const parked = parkedFor(REFUSED);
    const key = { pk: "e1", sk: "1" };
    expect(parking.unmarked(key)).toBeUndefined();
    for (const attempts of [1, 2, 3]) {
      const untilMs = clock.now() + (await clock.run(() => parking.markAgain(parked)));
      expect(parking.unmarked(key)).toMatchObject({ attempts });
      expect(parking.unmarked(key)?.notBeforeMs).toBeCloseTo(untilMs, -2);
    }
    expect(marks.map(({ attempts }) => attempts)).toEqual([1, 2, 3]);
    expect(parking.unmarked({ pk: "e1", sk: "2" })).toBeUndefined();
    expect(toldOf("has no room for a mark")).toMatchObject(
      times(3, () => ({ level: "warn", fields: { eventId: "e1" } })),
    );
  });

  it("is remembered no longer than until it is marked", async () => {
    const { clock, parking, parkedFor, state, marks, toldOf } = parkingWorld();
    const parked = parkedFor(REFUSED);
    state.marked = "no-room";
    await clock.run(() => parking.markAgain(parked));
    state.marked = undefined;
    await clock.run(() => parking.markAgain(parked));
    expect(parking.unmarked({ pk: "e1", sk: "1" })).toBeUndefined();
    await clock.run(() => parking.markAgain(parked));
    // What the row says counts again, and nothing else.
    expect(marks.map(({ attempts }) => attempts)).toEqual([1, 2, 1]);
    expect(toldOf("has no room for a mark")).toHaveLength(1);
  });

  it("is remembered beside a thousand others at most, and the oldest is forgotten first", async () => {
    const { clock, parking, parkedFor, state } = parkingWorld();
    state.marked = "no-room";
    const events = times(1_001, () => parkedFor(REFUSED));
    await clock.run(() => parking.park(events));
    expect(parking.unmarked({ pk: "e1", sk: "1" })).toBeUndefined();
    for (const pk of ["e2", "e1001"]) expect(parking.unmarked({ pk, sk: "1" })).toMatchObject({ attempts: 1 });
  });
});
