import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterEach, describe, expect, it } from "vitest";
import { configuredArchive } from "../../../lib/aws/archive/archive.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { serviceError } from "../fixtures.ts";
import { callAwsAt } from "../loopback.ts";

const dynamo = mockClient(DynamoDBClient);
const s3 = mockClient(S3Client);
afterEach(() => {
  dynamo.reset();
  s3.reset();
});

const CONFIG = { bucket: "receipts", payload: true, journal: "journal" };

function archived(config: typeof CONFIG | undefined = CONFIG) {
  // A call that is not mocked must reach nobody.
  callAwsAt("http://127.0.0.1:1");
  const clock = new VirtualClock(Date.parse("2026-11-29T14:59:59.999Z"));
  const client = new DynamoDBClient({ region: "us-east-1" });
  const options = {
    relayName: "orders",
    clock,
    random: () => 0.5,
    calls: { lastMs: Number.POSITIVE_INFINITY },
    client,
  };
  return { clock, port: configuredArchive(config, options) };
}

describe("the configured archive", () => {
  it("is none where none is configured", () => {
    expect(configuredArchive(undefined, {} as Parameters<typeof configuredArchive>[1])).toBeUndefined();
  });

  it("says whether payloads are kept", () => {
    expect(archived().port?.withPayload).toBe(true);
    expect(archived({ ...CONFIG, payload: false }).port?.withPayload).toBe(false);
  });

  it("puts objects into its bucket, in the relay's own part", async () => {
    s3.on(PutObjectCommand).resolves({});
    const { port } = archived();
    await port?.archive.write(["{}"]);
    await port?.archive.write(["{}"]);
    const keys = s3.commandCalls(PutObjectCommand).map(({ args }) => {
      expect(args[0].input.Bucket).toBe("receipts");
      return args[0].input.Key;
    });
    // One writer for both: its process is the same, and its objects are counted.
    expect(keys.map((key) => key?.replace(/^.*Z-[0-9a-z]+-/, ""))).toEqual(["1.ndjson.gz", "2.ndjson.gz"]);
    for (const key of keys) expect(key).toMatch(/^relay=orders\/date=2026-11-29\/hour=14\//);
  });

  it("rejects what S3 did not take", async () => {
    s3.on(PutObjectCommand).rejects(serviceError("AccessDenied", 403));
    await expect(archived().port?.archive.write(["{}"])).rejects.toMatchObject({ name: "AccessDenied" });
  });
});

describe("an hour with missing lines", () => {
  const hour = Date.parse("2026-11-29T14:00:00Z");

  it("is noted in the journal, and keeps the time at which it was noted first", async () => {
    dynamo.on(UpdateItemCommand).resolves({});
    await archived().port?.archive.noteMissing(hour);
    expect(dynamo.commandCalls(UpdateItemCommand).map(({ args }) => args[0].input)).toEqual([
      {
        TableName: "journal",
        Key: { pk: { S: "archive-gap" }, sk: { S: "2026-11-29T14:00:00.000Z" } },
        UpdateExpression: "SET notedAt = if_not_exists(notedAt, :now)",
        ExpressionAttributeValues: { ":now": { S: "2026-11-29T14:59:59.999Z" } },
      },
    ]);
  });

  it("is not noted where the table refuses, and that is told", async () => {
    dynamo.on(UpdateItemCommand).rejects(serviceError("AccessDeniedException"));
    await expect(archived().port?.archive.noteMissing(hour)).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  it("is noted without a word to S3, which may be what is missing", async () => {
    dynamo.on(UpdateItemCommand).resolves({});
    await archived().port?.archive.noteMissing(hour);
    expect(s3.calls()).toEqual([]);
  });
});
