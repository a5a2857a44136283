import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  type EventSourceMappingConfiguration,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from "@aws-sdk/client-lambda";
import { beforeEach, describe, expect, it } from "vitest";
import { checkMappingSettings, checkPosition } from "../../../../lib/operator/aws/doctor/stream-checks.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";
import { checked } from "./checked.ts";
import { inWords } from "./in-words.ts";

const lambda = mockClient(LambdaClient);
const cloudwatch = mockClient(CloudWatchClient);
beforeEach(() => {
  lambda.reset();
  cloudwatch.reset();
});

const AS_DEPLOYED: EventSourceMappingConfiguration = {
  EventSourceArn: "arn:aws:dynamodb:us-east-1:123456789012:table/outbox/stream/1",
  FunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:relay:live",
  ...{ StartingPosition: "TRIM_HORIZON", FunctionResponseTypes: ["ReportBatchItemFailures"], ParallelizationFactor: 1 },
  ...{ MaximumBatchingWindowInSeconds: 0, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 3 },
  ...{ MaximumRecordAgeInSeconds: 86_400, DestinationConfig: { OnFailure: { Destination: "arn:queue" } } },
  FilterCriteria: {
    Filters: [
      '{"eventName":["INSERT"],"dynamodb":{"Keys":{"sk":{"N":[{"anything-but":["0"]}]}}}}',
      '{"eventName":["INSERT"],"dynamodb":{"Keys":{"pk":{"S":[{"anything-but":["_requeuer#orders"]}]}}}}',
    ].map((Pattern) => ({ Pattern })),
  },
};

function settingsFound(change: EventSourceMappingConfiguration, settings = {}) {
  lambda.on(ListEventSourceMappingsCommand).resolves({ EventSourceMappings: [{ ...AS_DEPLOYED, ...change }] });
  return inWords(checkMappingSettings)(checked({ settings }));
}

describe("the settings of the event source mapping", () => {
  it("are fine as they are deployed", async () => {
    expect(await settingsFound({})).toEqual({ state: "fine", what: "as deployed" });
    const only = {
      FilterCriteria: {
        Filters: [{ Pattern: '{"eventName":["INSERT"],"dynamodb":{"NewImage":{"type":{"S":["a"]}}}}' }],
      },
    };
    expect(await settingsFound(only, { eventTypes: { only: ["a"] } })).toMatchObject({ state: "fine" });
  });

  it.each([
    [{ StartingPosition: "LATEST" as const }, "StartingPosition"],
    [{ FunctionResponseTypes: [] }, "cut short counts as done"],
    [{ ParallelizationFactor: 10 }, "ParallelizationFactor"],
    [{ BisectBatchOnFunctionError: false }, "takes its batch along"],
    [{ MaximumRetryAttempts: -1 }, "holds its shard up"],
    [{ DestinationConfig: {} }, "no destination"],
    [{ FunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:relay" }, "not the relay's alias live"],
    [{ FilterCriteria: { Filters: [] } }, "its filter is []"],
    [{ FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT","MODIFY"]}' }] } }, "its filter"],
    [{ FilterCriteria: { Filters: AS_DEPLOYED.FilterCriteria?.Filters?.slice(1) } }, "its filter"],
    [{ FilterCriteria: { Filters: Array(2).fill(AS_DEPLOYED.FilterCriteria?.Filters?.[0]) } }, "its filter"],
  ])("are wrong after a change by hand: %j", async (change, words) => {
    expect(await settingsFound(change)).toMatchObject({ state: "wrong", what: expect.stringContaining(words) });
  });
});

describe("the position in the stream", () => {
  const behind = (...Values: readonly number[]) => {
    cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [{ Id: "iteratorAge", Values: [...Values] }] });
    return inWords(checkPosition)(checked());
  };

  it("is fine at its tip, and wrong an hour behind", async () => {
    expect(await behind(90_000)).toMatchObject({ state: "fine", what: expect.stringContaining("2 minutes behind") });
    expect(await behind(3_700_000)).toMatchObject({
      state: "wrong",
      what: expect.stringContaining("62 minutes behind"),
    });
  });

  it("is out of sight where no batch came", async () => {
    expect(await behind()).toMatchObject({ state: "out of sight" });
  });
});
