import { gzipSync } from "node:zlib";
import type { DynamoDBRecord } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { batchResponse, streamRecords } from "../../lib/aws/stream-records.ts";
import { RecordingTelemetry } from "../world/recording-telemetry.ts";
import { itemOf } from "./fixtures.ts";

type Image = NonNullable<NonNullable<DynamoDBRecord["dynamodb"]>["NewImage"]>;
const imageOf = (id: string) => itemOf({ id }) as Image;

const recordOf = (
  change: Partial<DynamoDBRecord["dynamodb"]> = {},
  eventName: DynamoDBRecord["eventName"] = "INSERT",
) =>
  ({
    eventName,
    dynamodb: {
      SequenceNumber: "100000000000000000001",
      ApproximateCreationDateTime: 1_767_225_600,
      NewImage: imageOf("a"),
      StreamViewType: "NEW_IMAGE",
      ...change,
    },
  }) as DynamoDBRecord;

function read(...records: readonly DynamoDBRecord[]) {
  const telemetry = new RecordingTelemetry();
  return { records: streamRecords({ Records: [...records] }, telemetry), logs: telemetry.logs };
}

describe("streamRecords", () => {
  it("reads position, time and row", () => {
    const { records, logs } = read(recordOf());
    expect(records).toMatchObject([
      {
        position: "100000000000000000001",
        writtenAtMs: 1_767_225_600_000,
        row: { key: { pk: "a", sk: "1" }, content: { kind: "event", event: { id: "a" } } },
      },
    ]);
    expect(logs).toEqual([]);
  });

  it("reads bytes as Lambda spells them, in base64", () => {
    const image = { ...imageOf("a"), data: { B: gzipSync('{"total":7}').toString("base64") } };
    expect(read(recordOf({ NewImage: image })).records[0]?.row.content).toMatchObject({
      event: { json: expect.stringContaining('"data":{"total":7}') },
    });
  });

  it.each(["MODIFY", "REMOVE"] as const)("leaves out a record of %s", (eventName) => {
    expect(read(recordOf({}, eventName))).toEqual({ records: [], logs: [] });
  });

  it("leaves out the relay's own rows", () => {
    const lease = { pk: { S: "_requeuer#orders" }, sk: { N: "0" }, owner: { S: "run-1" } };
    expect(read(recordOf({ NewImage: lease }))).toEqual({ records: [], logs: [] });
  });

  it("leaves out another relay's events", () => {
    const telemetry = new RecordingTelemetry();
    const Records = [recordOf({ NewImage: imageOf("a") })];
    expect(streamRecords({ Records }, telemetry, { except: ["order.*"] })).toEqual([]);
    expect(streamRecords({ Records }, telemetry, { only: ["order.*"] })).toHaveLength(1);
  });

  it("says what to set where the stream brings no image, and reads the others", () => {
    const { NewImage: _image, ...withoutImage } = recordOf().dynamodb ?? {};
    const { records, logs } = read({ eventName: "INSERT", dynamodb: withoutImage }, recordOf());
    expect(records).toHaveLength(1);
    expect(logs).toMatchObject([
      { level: "error", message: expect.stringContaining("set the table's stream view type to NEW_IMAGE") },
    ]);
  });

  it("counts a record without a time as old, so that its row is read before it is published", () => {
    const { ApproximateCreationDateTime: _time, ...withoutTime } = recordOf().dynamodb ?? {};
    expect(read({ eventName: "INSERT", dynamodb: withoutTime }).records).toMatchObject([{ writtenAtMs: 0 }]);
  });

  it("hands on a row that breaks the contract with its reason", () => {
    const { source: _source, ...spoilt } = imageOf("a");
    expect(read(recordOf({ NewImage: spoilt })).records[0]?.row.content).toMatchObject({
      kind: "malformed",
      row: { id: "a", reason: "source is absent: it must be a string (S)" },
    });
  });
});

describe("batchResponse", () => {
  it("names the lowest position not attempted", () => {
    expect(batchResponse("7")).toEqual({ batchItemFailures: [{ itemIdentifier: "7" }] });
  });

  it("names nothing when all was attempted", () => {
    expect(batchResponse(undefined)).toEqual({ batchItemFailures: [] });
  });
});
