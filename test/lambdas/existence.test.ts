import { DescribeEventBusCommand, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { DynamoDBRecord } from "aws-lambda";
import { afterEach, describe, expect, it } from "vitest";
import { serviceError } from "../aws/fixtures.ts";
import { contextWith, endOfWorld, handlerWorld, metricIn } from "./handler-world.ts";

afterEach(endOfWorld);

const DONE = { batchItemFailures: [] };

/** EventBridge as AWS documents it: it acknowledges for a bus that does not exist. `seen` tells what a check answers. */
async function busWorld(seen: () => Error | undefined) {
  const world = handlerWorld();
  const { events, answerEntries, delivered, rows, clock } = world;
  const bus = { exists: true, arrived: new Set<string>() };
  events.on(DescribeEventBusCommand).callsFake(() => {
    const failure = seen();
    if (failure !== undefined) throw failure;
    return {};
  });
  answerEntries((id) => {
    if (bus.exists) bus.arrived.add(id);
    return { EventId: id };
  });
  const relay = (await world.start(() => import("../../lambdas/relay.ts"))).handler;
  const requeuer = (await world.start(() => import("../../lambdas/requeuer.ts"))).handler;
  let written = 0;
  const write = (count: number): readonly DynamoDBRecord[] =>
    Array.from({ length: count }, () => world.write(`e${++written}`));
  const invoke = (records: readonly DynamoDBRecord[]) => relay({ Records: [...records] }, contextWith(60_000, clock));
  /** Deleted, and no bus ever got them. */
  const lost = () =>
    Array.from({ length: written }, (_unused, index) => `e${index + 1}`).filter(
      (id) => !rows.has(id) && !bus.arrived.has(id),
    );
  const published = () => delivered.length;
  return { ...world, bus, write, invoke, requeue: () => requeuer({}, contextWith(60_000, clock)), lost, published };
}

describe("a bus deleted while nobody can see it", () => {
  it("takes no event out of the table once its checks are denied", async () => {
    let denied = false;
    const world = await busWorld(() => (denied ? serviceError("AccessDeniedException") : undefined));
    expect(await world.invoke(world.write(20))).toEqual(DONE);
    world.bus.exists = false;
    denied = true;
    for (let batch = 0; batch < 16; batch += 1) {
      expect(await world.invoke(world.write(20))).toEqual(DONE);
      world.clock.skip(1_000);
    }
    expect(world.lost()).toEqual([]);
    expect(world.rows.size).toBe(320);
    // The first batch was published before anybody knew, and nothing after it.
    expect(world.published()).toBe(40);
    expect(metricIn(world.output, "DuplicatesPossible")).toContain(20);
    expect(world.deadLettersSent().filter(({ code }) => code === "DestinationUnconfirmed")).toHaveLength(20);
    expect(world.deadLettersSent().filter(({ code }) => code === "DestinationUnverified")).not.toHaveLength(0);
  });

  it("takes out what was acknowledged within the memory alone while its checks are throttled", async () => {
    let throttled = false;
    const world = await busWorld(() => (throttled ? serviceError("ThrottlingException") : undefined));
    await world.invoke(world.write(10));
    world.bus.exists = false;
    throttled = true;
    for (let second = 0; second < 30; second += 1) {
      world.clock.skip(1_000);
      expect(await world.invoke(world.write(10))).toEqual(DONE);
    }
    expect(world.lost().length).toBeGreaterThan(0);
    expect(world.lost().length).toBeLessThanOrEqual(100);
    throttled = false;
    world.bus.exists = true;
    world.clock.skip(600_000);
    await world.requeue();
    expect(world.rows.size).toBe(0);
  });
});

describe("a bus that may be published to and not be looked at", () => {
  it("gets no event, and after a minute the missing permission is named", async () => {
    const world = await busWorld(() => serviceError("AccessDeniedException"));
    for (let batch = 0; batch < 10; batch += 1) {
      expect(await world.invoke(world.write(10))).toEqual(DONE);
      world.clock.skip(10_000);
    }
    expect(world.events.commandCalls(PutEventsCommand)).toHaveLength(0);
    expect(world.rows.size).toBe(100);
    expect(world.deadLettersSent()[0]).toMatchObject({
      code: "DestinationUnverified",
      class: "transient",
      scope: "target",
    });
    const last = world.deadLettersSent().at(-1);
    expect(last).toMatchObject({ code: "DestinationCheckDenied", class: "permanent", scope: "target" });
    expect(last?.["error"]).toContain("events:DescribeEventBus");
    // No row is marked: the first run after the repair delivers them all.
    world.clock.skip(600_000);
    await world.requeue();
    expect(world.published()).toBe(0);
    world.events.on(DescribeEventBusCommand).resolves({});
    world.clock.skip(60_000);
    await world.requeue();
    expect(world.rows.size).toBe(0);
    expect(world.published()).toBe(100);
  });
});
