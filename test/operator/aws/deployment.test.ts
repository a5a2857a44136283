import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { beforeEach, describe, expect, it } from "vitest";
import { operatorClients } from "../../../lib/operator/aws/clients.ts";
import { findDeployment, findParts } from "../../../lib/operator/aws/deployment.ts";
import { DeploymentFaultError } from "../../../lib/operator/aws/deployment-fault.ts";
import { faultMessage } from "../../../lib/operator/cli/texts/fault-texts.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { checked } from "./doctor/checked.ts";

const cloudformation = mockClient(CloudFormationClient);
const lambda = mockClient(LambdaClient);
const clients = operatorClients({ region: "us-east-1" });
const OUTPUTS = [
  ...["OutboxTableName", "JournalTableName", "DeadLetterQueueUrl", "RelayFunctionName", "RequeuerFunctionName"],
  ...["RequeuerScheduleName", "TargetName", "DashboardName"],
];

/** A stack whose relays have these names. */
const deployed = (...names: readonly string[]): void => deployedWith(OUTPUTS, ...names);

function deployedWith(outputs: readonly string[], ...names: readonly string[]): void {
  const Outputs = names.flatMap((name) =>
    outputs.map((output) => ({ OutputKey: `${name}${output}`, OutputValue: `${name} ${output}` })),
  );
  const stack = { StackName: "Orders", CreationTime: new Date(0), StackStatus: "CREATE_COMPLETE" as const };
  const others = [{ OutputKey: "OutboxTableArn", OutputValue: "arn" }];
  cloudformation.on(DescribeStacksCommand).resolves({ Stacks: [{ ...stack, Outputs: [...others, ...Outputs] }] });
}

beforeEach(() => {
  cloudformation.reset();
  lambda.reset();
});

describe("a stack's relay is found by the stack's outputs", () => {
  it("the only one, with a name or without", async () => {
    deployed("");
    expect(await findParts(clients, { stack: "Orders" })).toMatchObject({
      ...{ stackName: "Orders", tableName: " OutboxTableName", targetName: " TargetName" },
    });
    deployed("Parcels");
    expect(await findParts(clients, { stack: "Orders" })).toMatchObject({ tableName: "Parcels OutboxTableName" });
  });

  it("of several the one that is named, or the one that has no name", async () => {
    deployed("Parcels", "Others");
    expect(await findParts(clients, { stack: "Orders", relay: "Others" })).toMatchObject({
      ...{ relayFunctionName: "Others RelayFunctionName", scheduleName: "Others RequeuerScheduleName" },
    });
    deployed("", "Others");
    expect(await findParts(clients, { stack: "Orders" })).toMatchObject({ tableName: " OutboxTableName" });
  });

  it("of several without a choice none, and their names are told", async () => {
    deployed("Parcels", "Others");
    await expect(findParts(clients, { stack: "Orders" })).rejects.toMatchObject({
      kind: "misuse",
      message: "The stack Orders has several relays: choose one with --relay, Others or Parcels.",
    });
  });

  it("none by a name that there is not", async () => {
    deployed("Parcels", "Others");
    await expect(findParts(clients, { stack: "Orders", relay: "Letters" })).rejects.toMatchObject({
      kind: "not-found",
      message: 'The stack Orders has no relay "Letters": it has Others, Parcels.',
    });
    deployed("");
    await expect(findParts(clients, { stack: "Orders", relay: "Letters" })).rejects.toMatchObject({
      kind: "not-found",
      message: 'The stack Orders has no relay "Letters": its only relay has no name; leave --relay out.',
    });
  });

  it("also one that was deployed without a dashboard", async () => {
    deployedWith(
      OUTPUTS.filter((output) => output !== "DashboardName"),
      "",
    );
    const parts = await findParts(clients, { stack: "Orders" });
    expect(parts).toMatchObject({ tableName: " OutboxTableName" });
    expect(parts.dashboardName).toBeUndefined();
  });

  it("with the bucket of its archive, where it has one", async () => {
    deployed("");
    expect((await findParts(clients, { stack: "Orders" })).archiveBucketName).toBeUndefined();
    deployedWith([...OUTPUTS, "ArchiveBucketName"], "Parcels");
    expect(await findParts(clients, { stack: "Orders" })).toMatchObject({
      archiveBucketName: "Parcels ArchiveBucketName",
    });
  });

  it("none in a stack without one", async () => {
    deployed();
    await expect(findParts(clients, { stack: "Orders" })).rejects.toMatchObject({
      kind: "not-found",
      message: expect.stringContaining("it has no relay, or one of an earlier version"),
    });
  });
});

describe("a relay's settings are those that its functions run with", () => {
  const Variables = { ...checked({ settings: { minAgeSeconds: 444 } }).deployment.variables };
  const RELAY = { FunctionName: " RelayFunctionName" };
  const REQUEUER = { FunctionName: " RequeuerFunctionName" };
  const gone = () =>
    Object.assign(new Error("Function not found"), { name: "ResourceNotFoundException", $metadata: {} });
  const find = () => findDeployment(clients, { stack: "Orders" });

  beforeEach(() => {
    deployed("");
    lambda.on(GetFunctionConfigurationCommand).resolves({ Environment: { Variables } });
  });

  it("the version's that runs, and not what somebody has changed since", async () => {
    const edited = { ...Variables, OUTBOX_RELAY_SETTINGS: '{"minAgeSeconds":555}' };
    lambda.on(GetFunctionConfigurationCommand).resolves({ Environment: { Variables: edited } });
    lambda.on(GetFunctionConfigurationCommand, { Qualifier: "live" }).resolves({ Environment: { Variables } });
    expect((await find()).settings).toMatchObject({ minAgeSeconds: 444 });
  });

  it.each([
    ["is gone", () => lambda.on(GetFunctionConfigurationCommand, RELAY).rejects(gone())],
    ["has lost its variables", () => lambda.on(GetFunctionConfigurationCommand, RELAY).resolves({})],
  ])("the requeuer's, where the relay %s", async (_what, befall) => {
    befall();
    expect((await find()).settings).toMatchObject({ minAgeSeconds: 444 });
  });

  it("the relay's, where the requeuer is gone", async () => {
    lambda.on(GetFunctionConfigurationCommand, REQUEUER).rejects(gone());
    expect(await find()).toMatchObject({ settings: { minAgeSeconds: 444 }, requeuer: undefined });
  });

  it("nobody's, where both are gone", async () => {
    lambda.on(GetFunctionConfigurationCommand).rejects(gone());
    const error = await find().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DeploymentFaultError);
    expect(error).toMatchObject({ kind: "failed", fault: { kind: "functions-gone" } });
    expect(faultMessage((error as DeploymentFaultError).fault)).toContain("events wait in the table");
  });

  it("of neither, where both have lost their variables", async () => {
    lambda.on(GetFunctionConfigurationCommand).resolves({});
    const error = await find().catch((error: unknown) => error);
    expect(faultMessage((error as DeploymentFaultError).fault)).toContain(
      "A function is not as it was deployed: The environment variable",
    );
  });
});
