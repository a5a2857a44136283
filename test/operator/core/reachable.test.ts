import { describe, expect, it } from "vitest";
import {
  defaultRouteOf,
  servicesCalled,
  unreachedFrom,
  type VpcEndpoint,
} from "../../../lib/operator/core/reachable.ts";

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

describe("a route table leads out", () => {
  const route = (cidr: string, way?: string) => ({ cidr, way });
  const LOCAL = route("10.0.0.0/16", "local");
  it.each([
    ["by a default route", [route("0.0.0.0/0", "nat-1")], "nat-1"],
    ["by two halves", [route("0.0.0.0/1", "nat-1"), route("128.0.0.0/1", "tgw-1")], "nat-1"],
    [
      "by four quarters",
      ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"].map((cidr) => route(cidr, "nat-1")),
      "nat-1",
    ],
    [
      "by halves that win over an internet gateway",
      [route("0.0.0.0/0", "igw-1"), route("0.0.0.0/1", "nat-1"), route("128.0.0.0/1", "nat-1")],
      "nat-1",
    ],
    ["to an internet gateway for a half", [route("0.0.0.0/0", "nat-1"), route("128.0.0.0/1", "igw-1")], "igw-1"],
    ["with a half nowhere", [route("0.0.0.0/1", "nat-1")], undefined],
    [
      "with a half to what is gone, which takes it all the same",
      [route("0.0.0.0/0", "nat-1"), route("128.0.0.0/1")],
      undefined,
    ],
    ["nowhere, by private networks", [route("10.0.0.0/8", "tgw-1")], undefined],
    ["nowhere", [], undefined],
  ])("%s", (_how, routes, way) => {
    expect(defaultRouteOf([LOCAL, ...routes])).toBe(way);
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
    // The endpoint of another service whose name has the same end.
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
