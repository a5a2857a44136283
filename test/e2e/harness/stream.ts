import type { DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import type { Row } from "./outbox.ts";

/** A stream batch as Lambda hands it over: one INSERT per row, written `ageSeconds` ago. */
export function streamBatch(rows: readonly Row[], ageSeconds = 0): DynamoDBStreamEvent {
  const createdAt = Math.floor(Date.now() / 1000) - ageSeconds;
  return {
    Records: rows.map(
      (row, index): DynamoDBRecord => ({
        eventID: `record-${index}`,
        eventName: "INSERT",
        eventSource: "aws:dynamodb",
        eventVersion: "1.1",
        awsRegion: "us-east-1",
        dynamodb: {
          ApproximateCreationDateTime: createdAt,
          Keys: { pk: { S: row["pk"]?.S ?? "" }, sk: { N: row["sk"]?.N ?? "" } },
          NewImage: Object.fromEntries(Object.entries(row).map(([name, value]) => [name, onTheStream(value)])),
          SequenceNumber: String(100_000 + index),
          SizeBytes: 100,
          StreamViewType: "NEW_IMAGE",
        },
      }),
    ),
  };
}

type StreamValue = NonNullable<NonNullable<DynamoDBRecord["dynamodb"]>["NewImage"]>[string];

/** The stream has bytes as base64. Only the types in the rows of these tests are handled. */
function onTheStream(value: Row[string]): StreamValue {
  if (value.S !== undefined) {
    return { S: value.S };
  }
  if (value.N !== undefined) {
    return { N: value.N };
  }
  if (value.B !== undefined) {
    return { B: Buffer.from(value.B).toString("base64") };
  }
  throw new Error(`A value of type ${Object.keys(value).join()} has no spelling here yet`);
}
