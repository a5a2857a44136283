import { DescribeTableCommand, DescribeTimeToLiveCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient, ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import { beforeEach, describe, expect, it } from "vitest";
import { checkKeys, checkStream, checkTimeToLive } from "../../../../lib/operator/aws/doctor/stream-checks.ts";
import { tableSchema } from "../../../aws/tables/table-schema.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";
import { checked } from "./checked.ts";
import { inWords } from "./in-words.ts";

const dynamodb = mockClient(DynamoDBClient);
const lambda = mockClient(LambdaClient);
beforeEach(() => {
  dynamodb.reset();
  lambda.reset();
});

const STREAM_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/outbox/stream/1";

function table(sortKeyType: "N" | "S", view?: "NEW_IMAGE" | "KEYS_ONLY") {
  dynamodb.on(DescribeTableCommand).resolves({
    Table: {
      ...tableSchema(sortKeyType),
      ...(view === undefined ? {} : { StreamSpecification: { StreamEnabled: true, StreamViewType: view } }),
      LatestStreamArn: STREAM_ARN,
    },
  });
}

describe("the doctor's look at the table", () => {
  it("is content with the contract's keys", async () => {
    table("N", "NEW_IMAGE");
    expect(await inWords(checkKeys)(checked())).toMatchObject({ state: "fine" });
  });

  it("finds a sort key that is a text", async () => {
    table("S", "NEW_IMAGE");
    expect(await inWords(checkKeys)(checked())).toEqual({
      state: "wrong",
      what: "the table outbox is not an outbox: its keys are pk (S) and sk (S). They must be pk (S) and sk (N)",
      fix: "no key can be changed: deploy the relay with another table",
    });
  });

  it("finds a table without a stream, or with one that shows no new rows", async () => {
    table("N");
    expect(await inWords(checkStream)(checked())).toMatchObject({
      state: "wrong",
      what: expect.stringContaining("has no stream"),
    });
    table("N", "KEYS_ONLY");
    expect(await inWords(checkStream)(checked())).toMatchObject({
      state: "wrong",
      what: expect.stringContaining("its stream's view type is KEYS_ONLY. It must be NEW_IMAGE"),
    });
  });

  it("is content with a stream that the mapping reads", async () => {
    table("N", "NEW_IMAGE");
    lambda.on(ListEventSourceMappingsCommand).resolves({ EventSourceMappings: [{ EventSourceArn: STREAM_ARN }] });
    expect(await inWords(checkStream)(checked())).toMatchObject({ state: "fine" });
  });

  it.each([
    ["ENABLED", "update-time-to-live --table-name outbox"],
    ["ENABLING", "update-time-to-live --table-name outbox"],
    ["DISABLING", "look again, up to an hour from now"],
  ] as const)("finds a time to live that is %s, with what to do", async (status, fix) => {
    const TimeToLiveDescription = { TimeToLiveStatus: status, AttributeName: "expires" };
    dynamodb.on(DescribeTimeToLiveCommand).resolves({ TimeToLiveDescription });
    expect(await inWords(checkTimeToLive)(checked())).toEqual({
      state: "wrong",
      what: `the table outbox loses events: its time to live is ${status}. It deletes rows that nobody has delivered`,
      fix: expect.stringContaining(fix),
    });
  });
});
