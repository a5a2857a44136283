import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  GetFunctionConcurrencyCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from "@aws-sdk/client-scheduler";
import { beforeEach, describe, expect, it } from "vitest";
import type { FunctionRole } from "../../../lib/contract/deployment/function-role.ts";
import { switchParts } from "../../../lib/operator/cli/commands/switching.ts";
import { EXIT } from "../../../lib/operator/cli/exit-code.ts";
import { outputTo } from "../../../lib/operator/cli/output.ts";
import type { Session } from "../../../lib/operator/cli/session.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { checked } from "../aws/doctor/checked.ts";
import { Collector } from "./collector.ts";

const dynamodb = mockClient(DynamoDBClient);
const lambda = mockClient(LambdaClient);
const scheduler = mockClient(SchedulerClient);

const STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/outbox/stream/1";
const REQUEUER_MS = 130_000;

/** Whether the schedule and the mapping are on in AWS. Absent: it is gone. */
let schedule: boolean | undefined;
let mapping: boolean | undefined;

beforeEach(() => {
  for (const mock of [dynamodb, lambda, scheduler]) mock.reset();
  schedule = true;
  mapping = true;
  dynamodb.on(DescribeTableCommand).resolves({});
  lambda.on(GetFunctionConcurrencyCommand).resolves({});
  lambda.on(ListEventSourceMappingsCommand).callsFake(() => ({
    EventSourceMappings:
      mapping === undefined ? [] : [{ UUID: "m", State: mapping ? "Enabled" : "Disabled", EventSourceArn: STREAM }],
  }));
  lambda.on(UpdateEventSourceMappingCommand).callsFake(({ Enabled: on }: { Enabled: boolean }) => {
    mapping = on;
    return {};
  });
  scheduler.on(GetScheduleCommand).callsFake(() => {
    if (schedule === undefined) throw Object.assign(new Error("no"), { name: "ResourceNotFoundException" });
    return { State: schedule ? "ENABLED" : "DISABLED", ScheduleExpression: "rate(1 minute)" };
  });
  scheduler.on(UpdateScheduleCommand).callsFake(({ State: state }: { State: string }) => {
    schedule = state === "ENABLED";
    return {};
  });
});

async function pause(...parts: readonly FunctionRole[]) {
  const collected = new Collector();
  const base = checked();
  let waitedMs = 0;
  const session = {
    ...base,
    output: outputTo({ stdout: collected, stderr: collected, json: false, environment: {} }),
    clock: {
      now: () => waitedMs,
      sleep: async (ms: number) => {
        waitedMs += ms;
      },
    },
    stopped: () => false,
    journal: { begin: async () => undefined, end: async () => undefined },
  } as unknown as Session;
  const exitCode = await switchParts(session, false, { parts, yes: true });
  return { exitCode, text: collected.text, waitedMs, minParkedMs: base.deployment.minParkedMs };
}

describe("pause beside a part that is gone", () => {
  it.each([
    ["requeuer", "schedule schedule"],
    ["relay", "event source mapping of relay"],
  ] as const)("says of the %s that the %s is gone, and waits for nobody", async (part, what) => {
    if (part === "relay") mapping = undefined;
    else schedule = undefined;
    const { exitCode, text, waitedMs } = await pause(part);
    expect(text).toContain(`${part} not switched: the ${what} is gone`);
    expect(text).toMatch(/Do: .*`npx cdk deploy/);
    expect(text).not.toMatch(/already|Nobody has work|Nothing is lost|resume/);
    expect({ exitCode, waitedMs }).toEqual({ exitCode: EXIT.failed, waitedMs: 0 });
  });

  it("switches the other one off, waits for that one alone, and tells of its pause", async () => {
    schedule = undefined;
    const { exitCode, text, waitedMs, minParkedMs } = await pause("relay", "requeuer");
    expect(text).toContain("relay switched off\nrequeuer not switched: the schedule schedule is gone");
    expect(text).toContain("outbox-relay resume relay --yes goes on.");
    expect({ exitCode, mapping, waitedMs }).toEqual({ exitCode: EXIT.failed, mapping: false, waitedMs: minParkedMs });
  });
});

describe("a pause of the relay promises what the requeuer will do", () => {
  it.each([
    ["on", true, /later the requeuer delivers\.\n/],
    ["off", false, /later waits in the table until the requeuer is on again\.\n/],
    [
      "gone",
      undefined,
      /later waits in the table, and nobody delivers it: the schedule schedule is gone\. Do: have the/,
    ],
  ] as const)("which is %s", async (_how, state, promise) => {
    schedule = state;
    expect((await pause("relay")).text).toMatch(promise);
  });

  it("and of both, that it waits for the requeuer", async () => {
    const { text, exitCode, waitedMs } = await pause("relay", "requeuer");
    expect(text).toMatch(/until the requeuer is on again/);
    expect({ exitCode, waitedMs }).toEqual({ exitCode: EXIT.ok, waitedMs: REQUEUER_MS });
  });
});
