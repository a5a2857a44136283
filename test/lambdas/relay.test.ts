import { BatchWriteItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { DescribeEventBusCommand, PutEventsCommand, type PutEventsCommandInput } from "@aws-sdk/client-eventbridge";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import type { DynamoDBRecord } from "aws-lambda";
import { afterEach, describe, expect, it } from "vitest";
import { serviceError } from "../aws/fixtures.ts";
import { contextWith, ENVIRONMENT, endOfWorld, handlerWorld, metricIn } from "./handler-world.ts";

afterEach(endOfWorld);

const DONE = { batchItemFailures: [] };
const load = () => import("../../lambdas/relay.ts");

/** A relay that was just started, with this many rows written. */
async function relayWith(count: number, change: Parameters<ReturnType<typeof handlerWorld>["write"]>[1] = {}) {
  const world = handlerWorld();
  const records = Array.from({ length: count }, (_unused, index) => world.write(`e${index}`, change));
  const { handler } = await world.start(load);
  const invoke = (batch: readonly DynamoDBRecord[] = records, remainingMs = 60_000) =>
    handler({ Records: [...batch] }, contextWith(remainingMs, world.clock));
  return { ...world, records, invoke };
}

describe("the relay", () => {
  it("publishes a batch ten events a call, deletes the rows, and reports no failure", async () => {
    const { invoke, delivered, rows, events, dynamo, output } = await relayWith(25);
    expect(await invoke()).toEqual(DONE);
    expect(new Set(delivered).size).toBe(25);
    expect(rows.size).toBe(0);
    expect(events.commandCalls(PutEventsCommand)).toHaveLength(3);
    expect(dynamo.commandCalls(BatchWriteItemCommand).length).toBeGreaterThan(0);
    expect(metricIn(output, "EventsPublished")).toEqual([25]);
    expect(metricIn(output, "EndToEndLatency")).toHaveLength(25);
    expect(metricIn(output, "BreakerOpen")).toEqual([0]);
  });

  it("deletes no row before the acknowledgement and a look at the bus", async () => {
    const { invoke, rows, events } = await relayWith(3);
    const rowsThen: number[] = [];
    events.on(DescribeEventBusCommand).callsFake(() => {
      rowsThen.push(rows.size);
      return {};
    });
    await invoke();
    expect(rowsThen).toEqual([3]);
    expect(rows.size).toBe(0);
  });

  it("answers an empty batch", async () => {
    const { invoke } = await relayWith(0);
    expect(await invoke()).toEqual(DONE);
  });

  it("publishes nothing for what the mapping's filter should have stopped", async () => {
    const { invoke, write, delivered } = await relayWith(0);
    const record = write("a");
    expect(await invoke([{ ...record, eventName: "REMOVE" }])).toEqual(DONE);
    expect(delivered).toEqual([]);
  });

  it("sends a throttled entry again, and no other", async () => {
    const { invoke, answerEntries, delivered, rows, output } = await relayWith(10);
    let refusals = 0;
    answerEntries((id) =>
      id === "e3" && refusals++ === 0 ? { ErrorCode: "ThrottlingException", ErrorMessage: "slow" } : { EventId: id },
    );
    expect(await invoke()).toEqual(DONE);
    expect(delivered).toHaveLength(10);
    expect(delivered.at(-1)).toBe("e3");
    expect(rows.size).toBe(0);
    expect(metricIn(output, "PublishRetries")).toEqual([1]);
  });

  it("parks an event of its own fault with its row marked, and delivers the others", async () => {
    const { invoke, answerEntries, rows, dynamo, deadLettersSent } = await relayWith(10);
    answerEntries((id) => (id === "e3" ? { ErrorCode: "MalformedDetail", ErrorMessage: "no" } : { EventId: id }));
    expect(await invoke()).toEqual(DONE);
    expect([...rows.keys()]).toEqual(["e3"]);
    expect(deadLettersSent()).toMatchObject([
      { id: "e3", class: "permanent", scope: "event", code: "MalformedDetail" },
    ]);
    expect(dynamo.commandCalls(UpdateItemCommand)[0]?.args[0].input.Key).toEqual({ pk: { S: "e3" }, sk: { N: "1" } });
  });

  it("finds the one event for which EventBridge refuses a whole call", async () => {
    const { invoke, events, rows, deadLettersSent } = await relayWith(10);
    events.on(PutEventsCommand).callsFake(async ({ Entries }: PutEventsCommandInput) => {
      if (Entries?.some(({ Detail }) => Detail?.includes('"id":"e3"'))) throw serviceError("ValidationException");
      return { Entries: Entries?.map(() => ({ EventId: "1" })) };
    });
    expect(await invoke()).toEqual(DONE);
    expect([...rows.keys()]).toEqual(["e3"]);
    expect(deadLettersSent()).toMatchObject([{ id: "e3", code: "ValidationException" }]);
  });

  it("parks all when the target is down, keeps every row, and reports no failure", async () => {
    const { invoke, events, rows, dynamo, deadLettersSent, output } = await relayWith(20);
    events.on(PutEventsCommand).rejects(serviceError("ServiceUnavailable", 503));
    expect(await invoke()).toEqual(DONE);
    expect(rows.size).toBe(20);
    expect(deadLettersSent()).toHaveLength(20);
    expect(dynamo.commandCalls(UpdateItemCommand)).toHaveLength(0);
    expect(metricIn(output, "EventsParked")).toEqual([20]);
  });

  it("keeps every row when the bus does not exist, although EventBridge says yes", async () => {
    const { invoke, events, delivered, rows, deadLettersSent } = await relayWith(10);
    events.on(DescribeEventBusCommand).rejects(serviceError("ResourceNotFoundException"));
    expect(await invoke()).toEqual(DONE);
    expect(delivered).toHaveLength(10);
    expect(rows.size).toBe(10);
    expect(deadLettersSent()).toHaveLength(10);
    expect(deadLettersSent()[0]).toMatchObject({ code: "DestinationMissing", scope: "target" });
  });

  it("keeps the row of an event that nobody parked: it is the wake-up", async () => {
    const { invoke, answerEntries, queue, rows, output } = await relayWith(1);
    answerEntries(() => ({ ErrorCode: "MalformedDetail" }));
    queue.on(SendMessageBatchCommand).rejects(serviceError("KmsDisabled"));
    expect(await invoke()).toEqual(DONE);
    expect(rows.size).toBe(1);
    expect(metricIn(output, "ParkFailures")).toEqual([1]);
  });
});

describe("the relay, short of time", () => {
  it("attempts nothing that it could not finish, and names the first record", async () => {
    const { invoke, records, events, rows } = await relayWith(20);
    expect(await invoke(records, 5_000)).toEqual({
      batchItemFailures: [{ itemIdentifier: records[0]?.dynamodb?.SequenceNumber }],
    });
    expect(events.commandCalls(PutEventsCommand)).toHaveLength(0);
    expect(rows.size).toBe(20);
  });

  it("names the lowest sequence number that it did not attempt, and deletes what it delivered", async () => {
    const { invoke, records, events, clock, answerEntries, delivered, rows } = await relayWith(300);
    answerEntries((id) => {
      clock.skip(20);
      return { EventId: id };
    });
    const answer = await invoke(records, 10_000);
    const done = new Set(delivered);
    expect(done.size).toBeGreaterThan(0);
    expect(done.size).toBeLessThan(300);
    const lowest = records.find((_record, index) => !done.has(`e${index}`))?.dynamodb?.SequenceNumber;
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: lowest }] });
    expect([...rows.keys()].filter((id) => done.has(id))).toEqual([]);
    expect(rows.size).toBe(300 - done.size);
    expect(events.commandCalls(PutEventsCommand).length).toBeLessThan(30);
  });

  it("publishes nothing twice when the batch comes again", async () => {
    const { invoke, records, clock, answerEntries, delivered, rows } = await relayWith(300);
    answerEntries((id) => {
      clock.skip(20);
      return { EventId: id };
    });
    await invoke(records, 10_000);
    clock.skip(10_000);
    expect(await invoke(records, 60_000)).toEqual(DONE);
    expect(rows.size).toBe(0);
    expect(delivered).toHaveLength(300);
  });
});

describe("the relay, between invocations", () => {
  it("deletes in the next one the row whose delete failed, and does not publish its event again", async () => {
    const { invoke, dynamo, delivered, rows, records, clock, output } = await relayWith(1);
    const refusal = dynamo.on(BatchWriteItemCommand).rejects(serviceError("ProvisionedThroughputExceededException"));
    expect(await invoke(records, 20_000)).toEqual(DONE);
    expect(rows.size).toBe(1);
    expect(metricIn(output, "DuplicatesPossible")).toEqual([1]);
    clock.skip(1_000);
    refusal.callsFake(() => {
      rows.clear();
      return {};
    });
    expect(await invoke(records)).toEqual(DONE);
    expect(rows.size).toBe(0);
    expect(delivered).toEqual(["e0"]);
    expect(metricIn(output, "DuplicatesAvoided")).toContain(1);
  });
});

describe("what the relay writes", () => {
  it("never holds a payload, whatever goes wrong", async () => {
    const { invoke, events, answerEntries, output, write } = await relayWith(3, { data: { card: "SECRET-4242" } });
    events.on(PutEventsCommand).rejects(serviceError("ServiceUnavailable", 503));
    await invoke();
    answerEntries(() => ({ ErrorCode: "InvalidArgument" }));
    const malformed = write("m", { data: { card: "SECRET-4242" } });
    delete malformed.dynamodb?.NewImage?.["type"];
    await invoke([malformed, write("n", { data: { card: "SECRET-4242" } })]);
    expect(output.join("")).toContain("An event was not delivered");
    expect(output.join("")).toContain("breaks the item contract");
    expect(output.join("")).not.toContain("SECRET");
  });
});

describe("the relay's start", () => {
  it.each(Object.keys(ENVIRONMENT).filter((name) => name !== "AWS_REGION"))(
    "is refused without %s, which the message names with the fix",
    async (name) => {
      await expect(handlerWorld().start(load, { [name]: "" })).rejects.toMatchObject({
        name: "SettingError",
        message: `The environment variable ${name} is empty: deploy the function with the OutboxRelay construct, which sets it.`,
      });
    },
  );

  it("is refused with the configuration of another target", async () => {
    await expect(
      handlerWorld().start(load, { OUTBOX_RELAY_TARGET: '{"kind":"sqs","busName":"orders"}' }),
    ).rejects.toThrow('OUTBOX_RELAY_TARGET.kind is "sqs": it must be one of eventbridge.');
  });
});
