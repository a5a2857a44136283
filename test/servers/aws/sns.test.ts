import { CreateTopicCommand, DeleteTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../lib/aws/system.ts";
import { connect } from "../../../lib/local/clients.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../../../lib/local/environment.ts";
import { createPublisher } from "../../../lib/targets/sns/publisher.ts";
import { eventOf } from "../../aws/fixtures.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { describeTarget } from "../contract.ts";
import type { OpenTarget, ReceivedEvent, TargetEngine } from "../engine.ts";
import { drained } from "../queue-reader.ts";
import { emulatedAws } from "./emulated-aws.ts";

describeTarget("a standard SNS topic", () => snsEngine({ fifo: false }));
describeTarget("a FIFO SNS topic", () => snsEngine({ fifo: true }));

async function startSns() {
  const { emulator, proxy, end } = await emulatedAws();
  const clients = connect(emulator.endpoint);
  const sns = new SNSClient({ endpoint: emulator.endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS });
  return {
    sns,
    sqs: clients.sqs,
    proxy,
    async end() {
      sns.destroy();
      clients.destroy();
      await end();
    },
  };
}

/** Makes a queue that takes what a topic delivers, as it was published, or the part that a filter lets through. */
async function subscribe(
  { sns, sqs }: { readonly sns: SNSClient; readonly sqs: SQSClient },
  topicArn: string,
  queueName: string,
  filter?: object,
): Promise<string> {
  const { QueueUrl: queueUrl = "" } = await sqs.send(
    new CreateQueueCommand({
      QueueName: queueName,
      ...(queueName.endsWith(".fifo") ? { Attributes: { FifoQueue: "true" } } : {}),
    }),
  );
  const { Attributes: attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["QueueArn"] }),
  );
  await sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: "sqs",
      Endpoint: attributes?.["QueueArn"],
      Attributes: {
        RawMessageDelivery: "true",
        ...(filter === undefined ? {} : { FilterPolicy: JSON.stringify(filter) }),
      },
    }),
  );
  return queueUrl;
}

async function snsEngine({ fifo }: { readonly fifo: boolean }): Promise<TargetEngine> {
  const { sns, sqs, proxy, end } = await startSns();
  const ending = fifo ? ".fifo" : "";
  let topics = 0;
  return {
    createPublisher,
    proxy,
    traits: { deduplicates: fifo, ordered: fifo, missingCode: /NotFound/ },
    async open(): Promise<OpenTarget> {
      topics += 1;
      const { TopicArn: topicArn = "" } = await sns.send(
        new CreateTopicCommand({
          Name: `Contract${topics}${ending}`,
          ...(fifo ? { Attributes: { FifoTopic: "true" } } : {}),
        }),
      );
      const queueUrl = await subscribe({ sns, sqs }, topicArn, `Subscriber${topics}${ending}`);
      const received: ReceivedEvent[] = [];
      const missing = `NoSuchTopic${ending}`;
      return {
        config: { kind: "sns", topicArn, alsoTo: [missing] },
        missing,
        async received() {
          received.push(...(await drained(sqs, queueUrl)));
          return received;
        },
        async close() {
          await sns.send(new DeleteTopicCommand({ TopicArn: topicArn }));
          await sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
        },
      };
    },
    end,
  };
}

describe("a subscription's filter policy", () => {
  let server: Awaited<ReturnType<typeof startSns>>;
  beforeAll(async () => {
    server = await startSns();
  });
  afterAll(() => server?.end());

  it.each([
    ["the type", { type: ["order.placed"] }, ["a", "c"]],
    ["the beginning of the source", { source: [{ prefix: "shop/" }] }, ["a", "b"]],
    ["the ordering key", { partitionkey: ["order#7"] }, ["c"]],
    ["a number among the extensions", { tries: [{ numeric: [">", 2] }] }, ["b"]],
    ["whether it has a subject", { subject: [{ exists: true }] }, ["a"]],
  ])("chooses events by %s", async (_what, filter, expected) => {
    const name = `Filtered${Object.keys(filter).join("")}`;
    const { TopicArn: topicArn = "" } = await server.sns.send(new CreateTopicCommand({ Name: name }));
    const queueUrl = await subscribe(server, topicArn, name, filter);
    const publisher = createPublisher({
      config: { kind: "sns", topicArn },
      path: "OUTBOX_RELAY_TARGET",
      concurrency: 1,
      clock: systemClock,
      telemetry: new RecordingTelemetry(),
    });
    const events = [
      eventOf({ id: "a", source: "shop/eu", type: "order.placed", subject: "42", extensions: { tries: 1 } }),
      eventOf({ id: "b", source: "shop/us", type: "order.paid", extensions: { tries: 3 } }),
      eventOf({ id: "c", source: "till", type: "order.placed", order: { key: "order#7", sequence: 1 } }),
    ];
    const results = await publisher.publish(topicArn, events, systemClock.now() + 10_000);
    expect(results).toMatchObject(events.map(() => ({ kind: "acknowledged" })));
    const received = await drained(server.sqs, queueUrl);
    expect(received.map(({ attributes }) => attributes["id"])).toEqual(expected);
  });
});
