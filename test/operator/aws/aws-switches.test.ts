import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DeleteFunctionConcurrencyCommand,
  GetFunctionConcurrencyCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from "@aws-sdk/client-scheduler";
import { beforeEach, describe, expect, it } from "vitest";
import type { FunctionRole } from "../../../lib/contract/deployment/function-role.ts";
import { awsSwitches, scheduleEveryMs } from "../../../lib/operator/aws/aws-switches.ts";
import { type TurnOutcome, turn } from "../../../lib/operator/core/switches.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { checked } from "./doctor/checked.ts";

const lambda = mockClient(LambdaClient);
const scheduler = mockClient(SchedulerClient);
const dynamodb = mockClient(DynamoDBClient);
const { clients, deployment } = checked();
const switches = awsSwitches(clients, deployment);

const gone = () => Object.assign(new Error("no such thing"), { name: "ResourceNotFoundException", $metadata: {} });

beforeEach(() => {
  lambda.reset();
  scheduler.reset();
  dynamodb.on(DescribeTableCommand).resolves({});
  const EventSourceArn = "arn:aws:dynamodb:us-east-1:123456789012:table/outbox/stream/1";
  lambda
    .on(ListEventSourceMappingsCommand)
    .resolves({ EventSourceMappings: [{ UUID: "m", State: "Enabled", EventSourceArn }] });
  lambda.on(GetFunctionConcurrencyCommand).resolves({});
  scheduler.on(GetScheduleCommand).resolves({ State: "ENABLED", ScheduleExpression: "rate(1 hour)" });
});

async function resume(part: FunctionRole): Promise<readonly TurnOutcome[]> {
  const outcomes: TurnOutcome[] = [];
  const ports = { switches } as unknown as Parameters<typeof turn>[2];
  await turn([part], true, ports, (outcome) => outcomes.push(outcome));
  return outcomes;
}

describe("a function whose reserved concurrency is 0", () => {
  it.each(["relay", "requeuer"] as const)("is off, and resume ends it and nothing else: %s", async (part) => {
    lambda.on(GetFunctionConcurrencyCommand, { FunctionName: part }).resolves({ ReservedConcurrentExecutions: 0 });
    const state = await switches[part].state();
    expect(state).toMatchObject({ on: false, isThrottled: true });
    expect(await resume(part)).toEqual([{ kind: "turned", part }]);
    const ended = lambda.commandCalls(DeleteFunctionConcurrencyCommand).map(({ args }) => args[0].input.FunctionName);
    expect(ended).toEqual([part]);
  });

  it("is not one with another reservation, which nobody takes away", async () => {
    lambda.on(GetFunctionConcurrencyCommand).resolves({ ReservedConcurrentExecutions: 1 });
    expect(await switches.requeuer.state()).toMatchObject({ on: true, awsState: "ENABLED", isThrottled: false });
    await switches.requeuer.turn(true);
    expect(lambda.commandCalls(DeleteFunctionConcurrencyCommand)).toEqual([]);
  });
});

const GONE = {
  relay: { kind: "mapping-gone", functionName: "relay" },
  requeuer: { kind: "gone", resource: { kind: "schedule", name: "schedule" } },
} as const;

describe("a part that is gone", () => {
  it("is off, says so, and can be switched on by nobody", async () => {
    lambda.on(ListEventSourceMappingsCommand).resolves({ EventSourceMappings: [] });
    scheduler.on(GetScheduleCommand).rejects(gone());
    for (const part of ["relay", "requeuer"] as const) {
      expect(await switches[part].state()).toMatchObject({
        on: false,
        fault: GONE[part],
      });
      expect(await resume(part)).toMatchObject([{ kind: "gone", fault: GONE[part] }]);
    }
    expect(lambda.commandCalls(UpdateEventSourceMappingCommand)).toEqual([]);
    expect(scheduler.commandCalls(UpdateScheduleCommand)).toEqual([]);
  });

  it("would run as often as by default", async () => {
    expect(await scheduleEveryMs(clients, deployment)).toBe(3_600_000);
    scheduler.on(GetScheduleCommand).rejects(gone());
    expect(await scheduleEveryMs(clients, deployment)).toBe(60_000);
  });
});
