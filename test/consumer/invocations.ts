/** The payloads with which Lambda invokes a function, for each source. */

export const event = (id: string) => ({ specversion: "1.0", id, source: "/shop", type: "t", data: { n: 1 } });
export const json = (id: string) => JSON.stringify(event(id));
export const base64 = (text: string) => Buffer.from(text).toString("base64");
export const eventBridge = (id: string) => ({
  version: "0",
  id: "eb",
  "detail-type": "t",
  source: "/shop",
  detail: event(id),
});
export const notification = (id: string) => JSON.stringify({ Type: "Notification", Message: json(id) });
export const sqs = (...records: readonly (readonly [messageId: string, body: string, group?: string])[]) => ({
  Records: records.map(([messageId, body, MessageGroupId]) => ({
    ...{ messageId, body, eventSource: "aws:sqs" },
    eventSourceARN: `arn:aws:sqs:eu-west-1:111111111111:orders${MessageGroupId === undefined ? "" : ".fifo"}`,
    attributes: MessageGroupId === undefined ? {} : { MessageGroupId },
  })),
});
export const kinesis = (...texts: readonly string[]) => ({
  Records: texts.map((text, index) => ({
    eventSource: "aws:kinesis",
    kinesis: { sequenceNumber: `s${index}`, partitionKey: "k", data: base64(text) },
  })),
});
/** As in https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-kinesis.html: without an inner object. */
export const pipesKinesis = (...texts: readonly string[]) =>
  texts.map((text, index) => ({
    ...{ kinesisSchemaVersion: "1.0", partitionKey: "1", sequenceNumber: `s${index}`, data: base64(text) },
    ...{ eventSource: "aws:kinesis", eventID: `shardId-000000000006:s${index}` },
  }));
/** As in https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html. */
export const rabbitMq = (...messages: readonly object[]) => ({
  eventSource: "aws:rmq",
  eventSourceArn: "arn:aws:mq:us-west-2:111122223333:broker:test:b-9bcfa592-423a-4942-879d-eb284b418fc8",
  rmqMessagesByQueue: { "orders::/": messages },
});
export const rabbit = (
  id: string,
  data: string,
  contentType: string | null = "application/json",
  prefix = "cloudEvents:",
) => ({
  basicProperties: {
    contentType,
    headers: Object.fromEntries([
      ...Object.entries({ specversion: "1.0", id, source: "/shop", type: "t" }).map(([name, value]) => [
        prefix + name,
        { bytes: [...Buffer.from(value)] },
      ]),
      [`${prefix}priority`, 7],
      ["x-death", [{ count: 1 }]],
    ]),
    deliveryMode: 2,
  },
  redelivered: false,
  data: base64(data),
});
export const header = (name: string, value: string) => ({ [name]: [...Buffer.from(value)] });
export const kafka = (...records: readonly object[]) => ({ eventSource: "aws:kafka", records: { "topic-0": records } });
export const binary = (id: string, value: string | null, contentType = "application/json") => ({
  ...(value === null ? { value } : { value: base64(value) }),
  headers: [
    ...[header("ce_specversion", "1.0"), header("ce_id", id), header("ce_source", "/shop"), header("ce_type", "t")],
    ...[header("ce_sequence", "7"), header("Content-Type", contentType)],
  ],
});
