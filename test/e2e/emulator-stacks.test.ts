import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  UpdateStackCommand,
  waitUntilStackCreateComplete,
  waitUntilStackUpdateComplete,
} from "@aws-sdk/client-cloudformation";
import { GetAliasCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { afterAll, describe, expect, it } from "vitest";
import { connect } from "../../lib/local/clients.ts";
import { QUEUE_PORT_VARIABLE } from "../../lib/local/emulator/ministack.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../../lib/local/environment.ts";
import { Lifetime } from "../../lib/local/lifetime.ts";
import { WAIT_HANGS_AFTER_MS } from "../setup/hanging.ts";
import { localStack } from "./harness/local-stack.ts";
import { startOwnEmulator } from "./harness/own-emulator.ts";

const options = { endpoint: localStack().endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
const client = new CloudFormationClient(options);
const lambda = new LambdaClient(options);
const waiting = { client, maxWaitTime: WAIT_HANGS_AFTER_MS / 1_000, minDelay: 1, maxDelay: 1 };
afterAll(() => {
  client.destroy();
  lambda.destroy();
});

const template = (Resources: object) => JSON.stringify({ Resources });

describe("the emulator's CloudFormation", () => {
  it.each([
    [
      "CompositeAlarm",
      { Type: "AWS::CloudWatch::CompositeAlarm", Properties: { AlarmRule: "TRUE" } },
      "Unsupported resource type: AWS::CloudWatch::CompositeAlarm. ",
    ],
    [
      "MathAlarm",
      {
        Type: "AWS::CloudWatch::Alarm",
        Properties: {
          Metrics: [{ Id: "sum", Expression: "a + b" }],
          ComparisonOperator: "GreaterThanThreshold",
          EvaluationPeriods: 1,
          Threshold: 1,
        },
      },
      "Properties.Metrics (metric math) is not supported; use MetricName and Namespace. ",
    ],
  ])("says of a %s that it refuses what is to be done", async (StackName, resource, refusal) => {
    await client.send(new CreateStackCommand({ StackName, TemplateBody: template({ Refused: resource }) }));
    await expect(waitUntilStackCreateComplete(waiting, { StackName })).rejects.toThrow("ROLLBACK_COMPLETE");
    const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName }));
    const reasons = StackEvents.flatMap(({ ResourceStatusReason }) => ResourceStatusReason ?? []);
    expect(reasons).toContainEqual(expect.stringContaining(refusal));
    expect(reasons).toContainEqual(
      expect.stringContaining(
        "Deploy with -c outboxRelayLocal=true, by which a relay leaves its own out; leave yours out where that context is set.",
      ),
    );
  });

  it("leads the URLs of queues where it is told, for an SDK calls the URL itself", async () => {
    const lifetime = new Lifetime();
    try {
      const { emulator } = await startOwnEmulator({
        ...{ lifetime, signal: new AbortController().signal, say: () => {} },
        functionVariables: async () => ({ [QUEUE_PORT_VARIABLE]: "4321" }),
      });
      const { sqs } = connect(emulator.endpoint);
      lifetime.defer("The client", async () => sqs.destroy());
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "led" }));
      expect(QueueUrl).toBe("http://127.0.0.1:4321/000000000000/led");
    } finally {
      expect(await lifetime.end()).toEqual([]);
    }
  });

  it("keeps a function's alias when it changes the function", async () => {
    const StackName = "Aliased";
    const body = (answer: string) =>
      template({
        Function: {
          Type: "AWS::Lambda::Function",
          Properties: {
            FunctionName: "aliased",
            Runtime: "nodejs20.x",
            Handler: "index.handler",
            Role: "arn:aws:iam::000000000000:role/any",
            Code: { ZipFile: `exports.handler = async () => ({ answer: "${answer}" });` },
          },
        },
        // As the CDK does it: each version of the function is a resource of its own.
        [`Version${answer}`]: {
          Type: "AWS::Lambda::Version",
          Properties: { FunctionName: { Ref: "Function" } },
        },
        Alias: {
          Type: "AWS::Lambda::Alias",
          Properties: {
            FunctionName: { Ref: "Function" },
            Name: "live",
            FunctionVersion: { "Fn::GetAtt": [`Version${answer}`, "Version"] },
          },
        },
      });
    const answered = async () => {
      const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: "aliased", Qualifier: "live" }));
      return JSON.parse(Buffer.from(Payload ?? "null").toString()).answer;
    };
    await client.send(new CreateStackCommand({ StackName, TemplateBody: body("first") }));
    await waitUntilStackCreateComplete(waiting, { StackName });
    expect(await answered()).toBe("first");
    await client.send(new UpdateStackCommand({ StackName, TemplateBody: body("second") }));
    await waitUntilStackUpdateComplete(waiting, { StackName });
    expect(await lambda.send(new GetAliasCommand({ FunctionName: "aliased", Name: "live" }))).toMatchObject({
      FunctionVersion: "2",
    });
    expect(await answered()).toBe("second");
  });
});
