import {
  defaultRouteOf,
  type Route,
  type SubnetRoutes,
  servicesCalled,
  unreachedFrom,
  type VpcEndpoint,
} from "../../core/reachable.ts";
import { targetOf } from "../deployment.ts";
import { type Ec2, type Ec2Node, itemsOf, partOf, textOf } from "../ec2.ts";
import type { Check } from "./finding.ts";

/**
 * Whether the functions reach the services of AWS that they call, from inside a VPC: by routes and endpoints. Security groups, network
 * ACLs and endpoints' policies are not judged.
 */
export const checkNetwork: Check = async ({ clients, deployment }) => {
  const configs = [deployment.relay, deployment.requeuer].flatMap((each) => each?.VpcConfig ?? []);
  const vpcId = configs.map((each) => each.VpcId ?? "").find((id) => id !== "");
  if (vpcId === undefined) return { state: "fine", code: "no-vpc" };
  const subnetIds = [...new Set(configs.flatMap((each) => each.SubnetIds ?? []))];
  const services = servicesCalled(targetOf(deployment));
  const [subnets, endpoints] = await Promise.all([
    routesOf(clients.ec2, vpcId, subnetIds),
    endpointsOf(clients.ec2, vpcId),
  ]);
  const unreached = unreachedFrom(subnets, endpoints, services);
  const missing = unreached.filter((each) => each.services !== undefined);
  if (missing.length > 0) return { state: "wrong", code: "services-unreached", vpcId, subnets: missing };
  const [lost] = unreached;
  return lost === undefined
    ? { state: "out of sight", code: "services-reached", vpcId, subnetIds, services }
    : { state: "unknown", code: "route-table-unknown", vpcId, subnetId: lost.subnetId };
};

/** What a default route may lead to, by the names of EC2's answer. */
const WAYS = [
  "natGatewayId",
  "transitGatewayId",
  "networkInterfaceId",
  "instanceId",
  "gatewayId",
  "vpcPeeringConnectionId",
];

async function routesOf(ec2: Ec2, vpcId: string, subnetIds: readonly string[]): Promise<readonly SubnetRoutes[]> {
  const tables = await ec2.describe("DescribeRouteTables", { "vpc-id": [vpcId] });
  const associated = (table: Ec2Node) => itemsOf(partOf(table, "associationSet"));
  const main = tables.find((table) => associated(table).some((each) => textOf(each, "main") === "true"));
  return subnetIds.map((subnetId) => {
    const own = tables.find((table) => associated(table).some((each) => textOf(each, "subnetId") === subnetId));
    const table = own ?? main;
    if (table === undefined) return { subnetId, routeTableId: undefined, defaultRoute: undefined };
    const defaultRoute = defaultRouteOf(itemsOf(partOf(table, "routeSet")).flatMap(routeFrom));
    return { subnetId, routeTableId: textOf(table, "routeTableId"), defaultRoute };
  });
}

/** None for a route of IPv6, or of a list of prefixes. */
function routeFrom(item: Ec2Node): readonly Route[] {
  const cidr = textOf(item, "destinationCidrBlock");
  if (cidr === "") return [];
  const way = WAYS.map((name) => textOf(item, name)).find((each) => each !== "") ?? "elsewhere";
  return [{ cidr, way: textOf(item, "state") === "blackhole" ? undefined : way }];
}

async function endpointsOf(ec2: Ec2, vpcId: string): Promise<readonly VpcEndpoint[]> {
  const found = await ec2.describe("DescribeVpcEndpoints", { "vpc-id": [vpcId], "vpc-endpoint-state": ["available"] });
  return found.map((each) => ({
    serviceName: textOf(each, "serviceName"),
    privateDns: textOf(each, "privateDnsEnabled") === "true",
    ...(textOf(each, "vpcEndpointType") === "Gateway" && {
      routeTableIds: itemsOf(partOf(each, "routeTableIdSet")).map(String),
    }),
  }));
}
