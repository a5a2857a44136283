import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { operatorClients } from "../../../lib/adapters/operate/clients.ts";
import { findParts } from "../../../lib/adapters/operate/deployment.ts";

const cloudformation = mockClient(CloudFormationClient);
const clients = operatorClients({ region: "us-east-1" });
const OUTPUTS = [
  ...["OutboxTableName", "JournalTableName", "DeadLetterQueueUrl", "RelayFunctionName", "RequeuerFunctionName"],
  ...["RequeuerScheduleName", "TargetName", "DashboardName"],
];

/** A stack whose relays have these names. */
function deployed(...names: readonly string[]): void {
  const Outputs = names.flatMap((name) =>
    OUTPUTS.map((output) => ({ OutputKey: `${name}${output}`, OutputValue: `${name} ${output}` })),
  );
  const stack = { StackName: "Orders", CreationTime: new Date(0), StackStatus: "CREATE_COMPLETE" as const };
  const others = [{ OutputKey: "OutboxTableArn", OutputValue: "arn" }];
  cloudformation.on(DescribeStacksCommand).resolves({ Stacks: [{ ...stack, Outputs: [...others, ...Outputs] }] });
}

beforeEach(() => cloudformation.reset());

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

  it("none in a stack without one", async () => {
    deployed();
    await expect(findParts(clients, { stack: "Orders" })).rejects.toMatchObject({
      kind: "not-found",
      message: expect.stringContaining("it has no relay, or one of an earlier version"),
    });
  });
});
