import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DescribeTimeToLiveCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { DescribeEventBusCommand, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it } from "vitest";
import { deadLetterText } from "../../lib/contract/dead-letter.ts";
import { START_CHECK } from "../../lib/contract/deployment/start-check.ts";
import { deadLetterOf, serviceError } from "../aws/fixtures.ts";
import { contextWith, endOfWorld, handlerWorld, metricIn } from "./handler-world.ts";

afterEach(endOfWorld);

const load = () => import("../../lambdas/requeuer.ts");
const conditionFailed = () => new ConditionalCheckFailedException({ message: "The condition failed", $metadata: {} });

/** A requeuer that was just started, and rows of the given age. */
async function requeuerWith(ids: readonly string[] = [], ageSeconds = 600) {
  const world = handlerWorld();
  for (const id of ids) world.write(id);
  world.clock.skip(ageSeconds * 1_000);
  const { handler } = await world.start(load);
  const receiveOnce = (...bodies: readonly string[]) =>
    world.queue
      .on(ReceiveMessageCommand)
      .resolvesOnce({ Messages: bodies.map((Body, index) => ({ Body, ReceiptHandle: `r${index}` })) })
      .resolves({});
  const deadLettersDeleted = () =>
    world.queue
      .commandCalls(DeleteMessageBatchCommand)
      .flatMap(({ args }) => args[0].input.Entries ?? [])
      .map(({ ReceiptHandle }) => ReceiptHandle);
  return {
    ...world,
    handler,
    receiveOnce,
    deadLettersDeleted,
    invoke: () => handler({}, contextWith(60_000, world.clock)),
  };
}

describe("the requeuer", () => {
  it("delivers the rows that nobody delivered, and leaves the table empty", async () => {
    const { invoke, rows, delivered, dynamo, output } = await requeuerWith(["a", "b", "c"]);
    expect(await invoke()).toEqual({ result: "completed" });
    expect(delivered.toSorted()).toEqual(["a", "b", "c"]);
    expect(rows.size).toBe(0);
    expect(dynamo.commandCalls(DeleteItemCommand).at(-1)?.args[0].input.Key).toEqual({
      pk: { S: "_requeuer#orders-relay" },
      sk: { N: "0" },
    });
    expect(metricIn(output, "EventsSwept")).toEqual([3]);
    expect(metricIn(output, "OldestUndeliveredAge")).toEqual([600]);
    expect(metricIn(output, "RequeuerHeartbeat")).toEqual([1]);
  });

  it("answers the doctor's start check without a run", async () => {
    const { handler, rows, delivered, dynamo, clock } = await requeuerWith(["a"]);
    expect(await handler(START_CHECK, contextWith(60_000, clock))).toEqual({ result: "started" });
    expect(delivered).toEqual([]);
    expect(rows.size).toBe(1);
    expect(dynamo.commandCalls(PutItemCommand)).toEqual([]);
  });

  it("leaves a row of another type alone, tells its age, and ages it where nobody else does", async () => {
    const world = handlerWorld();
    for (const id of ["own", "theirs", "unaged"]) world.write(id);
    world.rows.set("theirs", { ...world.rows.get("theirs"), type: { S: "parcel.sent" } });
    const { recordedtime: _unknown, ...unaged } = world.rows.get("unaged") ?? {};
    world.rows.set("unaged", { ...unaged, type: { S: "parcel.lost" } });
    world.clock.skip(600_000);
    const settings = { concurrency: 4, minAgeSeconds: 70, eventTypes: { except: ["parcel.*"] } };
    const { handler } = await world.start(load, { OUTBOX_RELAY_SETTINGS: JSON.stringify(settings) });
    await handler({}, contextWith(60_000, world.clock));
    expect(world.delivered).toEqual(["own"]);
    expect([...world.rows.keys()].toSorted()).toEqual(["theirs", "unaged"]);
    expect(metricIn(world.output, "OldestForeignAge")).toEqual([600]);
    expect(metricIn(world.output, "OldestUndeliveredAge")).toEqual([600]);
    const marked = world.dynamo.commandCalls(UpdateItemCommand).map(({ args }) => args[0].input.Key?.["pk"]?.S);
    expect(marked).toEqual(["unaged"]);
  });

  it("tells of no foreign rows where every row is its own", async () => {
    const { invoke, output } = await requeuerWith(["a"]);
    await invoke();
    expect(metricIn(output, "OldestForeignAge")).toEqual([]);
  });

  it("leaves young rows to the relay", async () => {
    const { invoke, rows, delivered } = await requeuerWith(["a"], 30);
    expect(await invoke()).toEqual({ result: "completed" });
    expect(delivered).toEqual([]);
    expect(rows.size).toBe(1);
  });

  it("delivers the row behind a dead letter, however young, and deletes the dead letter after it", async () => {
    const { invoke, receiveOnce, rows, delivered, deadLettersDeleted, output } = await requeuerWith(["a"], 1);
    receiveOnce(deadLetterText(deadLetterOf({ id: "a" }), 1_000_000));
    expect(await invoke()).toEqual({ result: "completed" });
    expect(delivered).toEqual(["a"]);
    expect(rows.size).toBe(0);
    expect(deadLettersDeleted()).toEqual(["r0"]);
    expect(metricIn(output, "EventsRequeued")).toEqual([1]);
  });

  it("deletes a dead letter whose row is gone, unpublished", async () => {
    const { invoke, receiveOnce, delivered, deadLettersDeleted, output } = await requeuerWith();
    receiveOnce(deadLetterText(deadLetterOf({ id: "gone" }), 1_000_000));
    await invoke();
    expect(delivered).toEqual([]);
    expect(deadLettersDeleted()).toEqual(["r0"]);
    expect(metricIn(output, "DuplicatesAvoided")).toEqual([1]);
  });

  it("probes with one event, and ends the run at no cost when the target is down", async () => {
    const { invoke, events, rows, dynamo, output } = await requeuerWith(["a", "b", "c"]);
    events.on(PutEventsCommand).rejects(serviceError("ServiceUnavailable", 503));
    expect(await invoke()).toEqual({ result: "completed" });
    expect(rows.size).toBe(3);
    const tried = events.commandCalls(PutEventsCommand).map(({ args }) => args[0].input.Entries?.length);
    expect(new Set(tried)).toEqual(new Set([1]));
    expect(dynamo.commandCalls(PutItemCommand)).toHaveLength(1);
    expect(metricIn(output, "BreakerOpen")).toEqual([1]);
  });

  it("does nothing while another one holds the lease", async () => {
    const { invoke, dynamo, queue, events } = await requeuerWith(["a"]);
    dynamo.on(PutItemCommand).rejects(conditionFailed());
    expect(await invoke()).toEqual({ result: "lease-held" });
    expect(dynamo.commandCalls(ScanCommand)).toHaveLength(0);
    expect([...queue.calls(), ...events.calls()]).toEqual([]);
  });

  it("names its run in the lease", async () => {
    const { invoke, dynamo } = await requeuerWith();
    await invoke();
    expect(dynamo.commandCalls(PutItemCommand)[0]?.args[0].input.Item?.["owner"]).toEqual({ S: "request-1" });
  });

  it("fails when the table cannot be written, after telling how old the backlog is", async () => {
    const { invoke, dynamo, output } = await requeuerWith(["a"]);
    dynamo.on(PutItemCommand).rejects(serviceError("AccessDeniedException"));
    await expect(invoke()).rejects.toThrow("AccessDeniedException");
    expect(metricIn(output, "OldestUndeliveredAge")).toEqual([600]);
    expect(metricIn(output, "RequeuerHeartbeat")).toEqual([]);
  });

  it("tells of a table that somebody made unsafe", async () => {
    const world = handlerWorld();
    world.dynamo
      .on(DescribeTimeToLiveCommand)
      .resolves({ TimeToLiveDescription: { TimeToLiveStatus: "ENABLED", AttributeName: "expires" } });
    const { handler } = await world.start(load);
    await handler({}, contextWith(60_000, world.clock));
    expect(metricIn(world.output, "TableMisconfigured")).toEqual([1]);
    expect(world.output.join("")).toContain("its time to live is ENABLED. It deletes rows that nobody has delivered");
  });

  it("tells in each run of a bus that loses what it acknowledges once its key is gone, until it is repaired", async () => {
    const { invoke, events, output } = await requeuerWith();
    events.on(DescribeEventBusCommand).resolves({ KmsKeyIdentifier: "key" });
    await invoke();
    await invoke();
    expect(metricIn(output, "UnprotectedBuses")).toEqual([1, 1]);
    events.on(DescribeEventBusCommand).resolves({ KmsKeyIdentifier: "key", DeadLetterConfig: { Arn: "queue" } });
    await invoke();
    expect(metricIn(output, "UnprotectedBuses")).toEqual([1, 1, 0]);
  });

  it("says nothing of its buses' keys where nobody may look, and completes its run", async () => {
    const { invoke, events, output } = await requeuerWith();
    events.on(DescribeEventBusCommand).rejects(serviceError("AccessDeniedException"));
    expect(await invoke()).toEqual({ result: "completed" });
    expect(metricIn(output, "UnprotectedBuses")).toEqual([]);
  });

  it("is refused at its start without an environment variable, which the message names", async () => {
    await expect(handlerWorld().start(load, { OUTBOX_TABLE_NAME: "" })).rejects.toMatchObject({
      name: "SettingError",
      message: expect.stringContaining("The environment variable OUTBOX_TABLE_NAME is empty"),
    });
  });
});
