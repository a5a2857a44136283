import { describe, expect, it } from "vitest";
import { servicesCalled, unreachedFrom, type VpcEndpoint } from "../../../lib/core/operate/reachable.ts";

const gateway: VpcEndpoint = {
  ...{ serviceName: "com.amazonaws.eu-west-1.dynamodb", routeTableIds: ["rtb-1"], privateDns: false },
};
const interfaceOf = (service: string, privateDns = true): VpcEndpoint => ({
  ...{ serviceName: `com.amazonaws.eu-west-1.${service}`, privateDns },
});
const subnet = (defaultRoute?: string, routeTableId: string | undefined = "rtb-1") => ({
  ...{ subnetId: "subnet-1", routeTableId, defaultRoute },
});
const SERVICES = ["dynamodb", "sqs", "secretsmanager"];

describe("the services that a function calls", () => {
  it.each([
    [{ kind: "nats" }, ["dynamodb", "sqs"]],
    [{ kind: "kafka", auth: { username: { secretArn: "arn" } } }, ["dynamodb", "sqs", "secretsmanager"]],
    [{ kind: "http", signing: [{ parameterName: "/p" }] }, ["dynamodb", "sqs", "ssm"]],
    [{ kind: "eventbridge", busName: "orders" }, ["dynamodb", "sqs", "events"]],
    [{ kind: "sqs" }, ["dynamodb", "sqs"]],
    [{ kind: "kinesis" }, ["dynamodb", "sqs", "kinesis-streams"]],
  ])("are the table's, the queue's, the target's and those of its secrets: %j", (told, services) => {
    expect(servicesCalled(told)).toEqual(services);
  });
});

describe("a subnet", () => {
  it.each(["nat-1", "tgw-1", "eni-1", "pcx-1"])("with a default route to %s reaches all", (route) => {
    expect(unreachedFrom([subnet(route)], [], SERVICES)).toEqual([]);
  });

  it("without one reaches what has an endpoint: a gateway of its route table, an interface with private DNS", () => {
    const all = [gateway, interfaceOf("sqs"), interfaceOf("secretsmanager")];
    expect(unreachedFrom([subnet()], all, SERVICES)).toEqual([]);
    expect(unreachedFrom([subnet()], [gateway], SERVICES)).toEqual([
      { subnetId: "subnet-1", services: ["sqs", "secretsmanager"] },
    ]);
    expect(unreachedFrom([subnet(undefined, "rtb-2")], all, SERVICES)).toMatchObject([{ services: ["dynamodb"] }]);
    expect(unreachedFrom([subnet()], [gateway, interfaceOf("sqs", false)], ["dynamodb", "sqs"])).toMatchObject([
      { services: ["sqs"] },
    ]);
    expect(unreachedFrom([subnet()], [interfaceOf("dynamodb")], ["dynamodb"])).toEqual([]);
    // The endpoint of another service whose name ends alike.
    expect(unreachedFrom([subnet()], [interfaceOf("fips-sqs")], ["sqs"])).toHaveLength(1);
  });

  it("with a route to an internet gateway reaches nothing by it, for a function has no public address", () => {
    expect(unreachedFrom([subnet("igw-1")], [gateway], ["dynamodb", "sqs"])).toEqual([
      { subnetId: "subnet-1", services: ["sqs"], uselessRoute: "igw-1" },
    ]);
  });

  it("whose route table nobody found is unknown", () => {
    const lost = { subnetId: "subnet-1", routeTableId: undefined, defaultRoute: undefined };
    expect(unreachedFrom([lost], [gateway], SERVICES)).toEqual([{ subnetId: "subnet-1", services: undefined }]);
  });
});
