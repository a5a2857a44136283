import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DescribeStreamCommand, DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { LambdaClient, ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import { afterEach, describe, expect, it } from "vitest";
import { openTail } from "../../../lib/operator/aws/stream-tail.ts";
import { crowdText } from "../../../lib/operator/cli/commands/tail.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { checked } from "../aws/doctor/checked.ts";

const dynamodb = mockClient(DynamoDBClient);
const streams = mockClient(DynamoDBStreamsClient);
const lambda = mockClient(LambdaClient);
afterEach(() => {
  for (const mock of [dynamodb, streams, lambda]) mock.reset();
});

async function readersWith(...states: readonly string[]): Promise<number> {
  dynamodb
    .on(DescribeTableCommand)
    .resolves({ Table: { LatestStreamArn: "stream", StreamSpecification: { StreamEnabled: true } } });
  streams.on(DescribeStreamCommand).resolves({ StreamDescription: { Shards: [] } });
  lambda
    .on(ListEventSourceMappingsCommand, { EventSourceArn: "stream" })
    .resolves({ EventSourceMappings: states.map((State) => ({ State })) });
  return (await openTail(checked())).readers;
}

describe("following a stream", () => {
  it("counts the functions that read it already, those switched off left out", async () => {
    expect(await readersWith("Enabled")).toBe(1);
    expect(await readersWith("Enabled", "Disabled")).toBe(1);
    expect(await readersWith("Enabled", "Updating")).toBe(2);
  });

  it("says what a third reader does, and nothing where there is room for a second", () => {
    expect(crowdText(1)).toBeUndefined();
    expect(crowdText(2)).toMatch(
      /^2 functions read this table's stream already.*throttles them all, and the relays fall behind/,
    );
  });
});
