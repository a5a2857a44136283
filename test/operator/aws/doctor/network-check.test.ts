import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkNetwork } from "../../../../lib/operator/aws/doctor/network-check.ts";
import { ec2By } from "../../../../lib/operator/aws/ec2.ts";
import { checked } from "./checked.ts";
import { inWords } from "./in-words.ts";

/** EC2's answers: XML by the call's name. */
let answers: Record<string, (query: URLSearchParams) => readonly [status: number, xml: string]>;
let asked: { readonly query: URLSearchParams; readonly authorization: string }[];
let server: Server;

beforeEach(async () => {
  asked = [];
  answers = { DescribeRouteTables: () => tables(""), DescribeVpcEndpoints: () => endpoints("") };
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const query = new URLSearchParams(Buffer.concat(parts).toString("utf8"));
      asked.push({ query, authorization: request.headers.authorization ?? "" });
      const [status, xml] = answers[query.get("Action") ?? ""]?.(query) ?? [400, ""];
      response.writeHead(status, { "content-type": "text/xml" }).end(xml);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});
afterEach(() => new Promise((closed) => server.close(closed)));

const tables = (items: string, more = ""): readonly [number, string] => [
  200,
  `<?xml version="1.0"?><DescribeRouteTablesResponse><requestId>1</requestId><routeTableSet>${items}</routeTableSet>${more}</DescribeRouteTablesResponse>`,
];
const endpoints = (items: string): readonly [number, string] => [
  200,
  `<DescribeVpcEndpointsResponse><requestId>1</requestId><vpcEndpointSet>${items}</vpcEndpointSet></DescribeVpcEndpointsResponse>`,
];
const table = (id: string, associations: string, routes: string) =>
  `<item><routeTableId>${id}</routeTableId><routeSet>${routes}</routeSet><associationSet>${associations}</associationSet></item>`;
const MAIN = "<item><main>true</main></item>";
const of = (subnetId: string) => `<item><main>false</main><subnetId>${subnetId}</subnetId></item>`;
const LOCAL = "<item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId></item>";
const NAT =
  "<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId><state>active</state></item>";
const endpoint = (service: string, rest: string) =>
  `<item><serviceName>com.amazonaws.us-east-1.${service}</serviceName>${rest}</item>`;
const GATEWAY = endpoint(
  "dynamodb",
  "<vpcEndpointType>Gateway</vpcEndpointType><routeTableIdSet><item>rtb-1</item></routeTableIdSet>",
);
const SQS = endpoint("sqs", "<vpcEndpointType>Interface</vpcEndpointType><privateDnsEnabled>true</privateDnsEnabled>");

function looked(subnetIds: readonly string[] = ["subnet-1"], vpcId: string | undefined = "vpc-1") {
  const found = checked({ target: { kind: "nats", servers: ["tls://nats"], subject: "orders" } });
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  const lambda = new LambdaClient({ region: "us-east-1", credentials });
  const ec2 = ec2By(lambda, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const relay = { ...found.deployment.relay, VpcConfig: { VpcId: vpcId, SubnetIds: [...subnetIds] } };
  const deployment = { ...found.deployment, relay: vpcId === "" ? found.deployment.relay : relay };
  return inWords(checkNetwork)({ ...found, clients: { ...found.clients, ec2 }, deployment });
}

describe("the network of the functions", () => {
  it("is no matter outside a VPC, and EC2 is not asked", async () => {
    expect(await looked([], "")).toEqual({ state: "fine", what: "the functions are in no VPC" });
    expect(asked).toEqual([]);
  });

  it("leads out by a NAT gateway in the subnet's own route table, or in the VPC's main one", async () => {
    answers["DescribeRouteTables"] = () =>
      tables(table("rtb-1", of("subnet-1"), LOCAL + NAT) + table("rtb-2", MAIN, NAT));
    const found = await looked(["subnet-1", "subnet-2"]);
    // The check does not see what is behind it, nor the security groups.
    expect(found).toMatchObject({ state: "out of sight", what: expect.stringContaining("ways to dynamodb, sqs") });
    expect(
      asked.map(({ query }) => [query.get("Action"), query.get("Filter.1.Name"), query.get("Filter.1.Value.1")]),
    ).toEqual(
      expect.arrayContaining([
        ["DescribeRouteTables", "vpc-id", "vpc-1"],
        ["DescribeVpcEndpoints", "vpc-id", "vpc-1"],
      ]),
    );
    for (const { authorization } of asked) expect(authorization).toMatch(/^AWS4-HMAC-SHA256 .*\/us-east-1\/ec2\//);
  });

  it("leads out by a default route that is split into halves", async () => {
    const half = (cidr: string) => NAT.replace("0.0.0.0/0", cidr);
    answers["DescribeRouteTables"] = () =>
      tables(table("rtb-1", MAIN, LOCAL + half("0.0.0.0/1") + half("128.0.0.0/1")));
    expect(await looked()).toMatchObject({ state: "out of sight" });
    answers["DescribeRouteTables"] = () => tables(table("rtb-1", MAIN, LOCAL + half("0.0.0.0/1")));
    expect(await looked()).toMatchObject({ state: "wrong" });
  });

  it("leads to what has an endpoint, and is wrong where a service has none", async () => {
    answers["DescribeRouteTables"] = () => tables(table("rtb-1", MAIN, LOCAL));
    answers["DescribeVpcEndpoints"] = () => endpoints(GATEWAY);
    expect(await looked()).toMatchObject({
      state: "wrong",
      what: "from the subnet subnet-1 of vpc-1 there is no way to sqs",
      fix: expect.stringContaining("NAT gateway"),
    });
    answers["DescribeVpcEndpoints"] = () => endpoints(GATEWAY + SQS);
    expect(await looked()).toMatchObject({ state: "out of sight" });
  });

  it("does not lead out by an internet gateway, nor by a NAT gateway that is gone", async () => {
    answers["DescribeVpcEndpoints"] = () => endpoints(GATEWAY);
    answers["DescribeRouteTables"] = () =>
      tables(table("rtb-1", MAIN, NAT.replace("natGatewayId>nat-1</natGatewayId", "gatewayId>igw-1</gatewayId")));
    expect(await looked()).toMatchObject({ state: "wrong", what: expect.stringContaining("its route to igw-1") });
    answers["DescribeRouteTables"] = () => tables(table("rtb-1", MAIN, NAT.replace("active", "blackhole")));
    expect(await looked()).toMatchObject({ state: "wrong", what: expect.stringContaining("no way to sqs") });
  });

  it("is read to the last page", async () => {
    answers["DescribeRouteTables"] = (query) =>
      query.get("NextToken") === "more"
        ? tables(table("rtb-1", of("subnet-1"), NAT))
        : tables(table("rtb-2", MAIN, LOCAL), "<nextToken>more</nextToken>");
    expect(await looked()).toMatchObject({ state: "out of sight" });
  });

  it("is unknown where nobody may look, and where a subnet has no table", async () => {
    expect(await looked()).toMatchObject({ state: "unknown", what: expect.stringContaining("subnet-1") });
    answers["DescribeRouteTables"] = () => [
      403,
      "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>",
    ];
    await expect(looked()).rejects.toMatchObject({
      name: "OperatorError",
      message: "EC2 refuses ec2:DescribeRouteTables (UnauthorizedOperation).",
    });
  });
});
