import { CreateQueueCommand, DeleteQueueCommand, type Message, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../lib/aws/system.ts";
import type { OutboxEvent } from "../../lib/contract/event.ts";
import type { Publisher } from "../../lib/core/ports.ts";
import { type Clients, connect } from "../../lib/local/clients.ts";
import { isolateProcess } from "../../lib/local/environment.ts";
import { createPublisher } from "../../lib/targets/sqs/publisher.ts";
import { eventOf, eventsOf } from "../aws/fixtures.ts";
import { RecordingTelemetry } from "../world/recording-telemetry.ts";
import { localStack } from "./harness/local-stack.ts";

const ACKNOWLEDGED = { kind: "acknowledged" };

let clients: Clients;
let queueUrl: string;
let publisher: Publisher;

beforeAll(() => {
  const { endpoint } = localStack();
  // The publisher makes its client by itself, as it does in a function: from the environment.
  isolateProcess(process.env, endpoint);
  clients = connect(endpoint);
});

afterAll(() => clients.destroy());
afterEach(() => clients.sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl })));

async function openQueue(name: string, attributes: Record<string, string> = {}): Promise<void> {
  const created = await clients.sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  queueUrl = created.QueueUrl ?? "";
  publisher = createPublisher({
    config: { kind: "sqs", queueUrl, alsoTo: ["NoSuchQueue"] },
    path: "OUTBOX_RELAY_TARGET",
    concurrency: 4,
    clock: systemClock,
    telemetry: new RecordingTelemetry(),
  });
}

const publish = (events: readonly OutboxEvent[], to = queueUrl) => publisher.publish(to, events, Date.now() + 10_000);

/** Takes all messages out of the queue, until it answers with none. */
async function received(): Promise<readonly Message[]> {
  const { Messages: messages = [] } = await clients.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ["All"],
      WaitTimeSeconds: 1,
    }),
  );
  return messages.length === 0 ? [] : [...messages, ...(await received())];
}

const bodies = (messages: readonly Message[]) => messages.map(({ Body }) => Body).sort();

describe("publishing to a standard queue", () => {
  beforeEach(() => openQueue("SqsPublisherTest"));

  it("sends each event of a batch as a CloudEvent, and acknowledges each", async () => {
    const events = eventsOf(10);
    expect(await publish(events)).toMatchObject(events.map(() => ACKNOWLEDGED));
    expect(bodies(await received())).toEqual(events.map(({ json }) => json).sort());
  });

  it("fails a queue that is not there as the target's own, permanent fault", async () => {
    const gone = publisher.destinationOf(eventOf({ destination: "NoSuchQueue" }));
    expect(gone).toBe(queueUrl.replace("SqsPublisherTest", "NoSuchQueue"));
    const results = await publish(eventsOf(3), gone);
    expect(results).toHaveLength(3);
    for (const result of results) {
      expect(result).toMatchObject({ kind: "failed", failure: { class: "permanent", scope: "target" } });
      expect(result).toMatchObject({ failure: { code: expect.stringMatching(/QueueDoesNotExist|NonExistentQueue/) } });
    }
    expect(await received()).toEqual([]);
  });

  it("says that a call whose entries are too large together was refused for what it holds", async () => {
    const data = "x".repeat(300_000);
    const events = ["a", "b", "c", "d"].map((id) => eventOf({ id, data }));
    for (const result of await publish(events)) {
      expect(result).toMatchObject({ kind: "refused-together", failure: { class: "permanent", scope: "event" } });
    }
    expect(await received()).toEqual([]);
  });
});

describe("publishing to a FIFO queue", () => {
  beforeEach(() => openQueue("SqsPublisherTest.fifo", { FifoQueue: "true" }));

  it("groups ordered events by their key, in their order, and unordered ones by their id", async () => {
    const ordered = [1, 2, 3].map((sequence) => eventOf({ id: `o${sequence}`, order: { key: "order#42", sequence } }));
    const events = [...ordered, eventOf({ id: "u1" }), eventOf({ id: "an id with spaces" })];
    expect(await publish(events)).toMatchObject(events.map(() => ACKNOWLEDGED));
    const messages = await received();
    const inGroup = (group: string) =>
      messages.filter(({ Attributes }) => Attributes?.["MessageGroupId"] === group).map(({ Body }) => Body);
    expect(inGroup("order#42")).toEqual(ordered.map(({ json }) => json));
    expect(inGroup("u1")).toHaveLength(1);
    expect(messages).toHaveLength(5);
  });

  it("sends an event that is published again only once", async () => {
    const events = eventsOf(3);
    await publish(events);
    expect(await publish(events)).toMatchObject(events.map(() => ACKNOWLEDGED));
    expect(bodies(await received())).toEqual(events.map(({ json }) => json).sort());
  });
});
