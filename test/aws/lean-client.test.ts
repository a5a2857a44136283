import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, it, vi } from "vitest";
import { queueClient, tableClient } from "../../lib/aws/aws-clients.ts";
import { lean, USER_AGENT } from "../../lib/aws/lean-client.ts";
import { callAwsAt, httpServer } from "./loopback.ts";

const PUT = new PutItemCommand({ TableName: "outbox", Item: { pk: { S: "a" }, sk: { N: "1" } } });
const SPARED = ["loggerMiddleware", "getUserAgentMiddleware"];

const sparedIn = ({ middlewareStack }: { readonly middlewareStack: { identify(): string[] } }) =>
  SPARED.filter((name) => middlewareStack.identify().some((middleware) => middleware.startsWith(name)));

/** Headers of the requests that a client at this server makes, in their order. */
async function serverOf(headers: NodeJS.Dict<string | string[]>[]): Promise<string> {
  const endpoint = await httpServer((request, response) => {
    headers.push(request.headers);
    response.writeHead(headers.length === 1 ? 500 : 200).end("{}");
  });
  callAwsAt(endpoint);
  return endpoint;
}

describe("a lean client", () => {
  it("spares itself what nobody reads", () => {
    vi.stubEnv("AWS_REGION", "us-east-1");
    expect([sparedIn(tableClient()), sparedIn(queueClient())]).toEqual([[], []]);
  });

  it("still finds it under the names by which it is taken out", () => {
    expect(sparedIn(new DynamoDBClient({ region: "us-east-1" }))).toEqual(SPARED);
  });

  it("names itself, and signs each attempt anew", async () => {
    const headers: NodeJS.Dict<string | string[]>[] = [];
    await serverOf(headers);
    await tableClient().send(PUT);
    expect(headers.map((sent) => sent["user-agent"])).toEqual([USER_AGENT, USER_AGENT]);
    for (const { authorization } of headers) {
      expect(authorization).toMatch(/Credential=test\/\d{8}\/us-east-1\/dynamodb\/aws4_request/);
    }
    expect(headers[0]?.["amz-sdk-request"]).not.toBe(headers[1]?.["amz-sdk-request"]);
  });

  it("makes its signer once, and signs with the credentials of the moment", async () => {
    const headers: NodeJS.Dict<string | string[]>[] = [];
    await serverOf(headers);
    let asked = 0;
    const credentials = async () => ({
      accessKeyId: `key${asked++}`,
      secretAccessKey: "test",
      expiration: new Date(0),
    });
    const client = new DynamoDBClient({ credentials, maxAttempts: 1 });
    const signer = vi.spyOn(client.config, "signer");
    lean(client);
    await expect(client.send(PUT)).rejects.toThrow();
    await client.send(PUT);
    expect(signer).toHaveBeenCalledTimes(1);
    const keys = headers.map(({ authorization }) => /Credential=(\w+)/.exec(String(authorization))?.[1]);
    expect(new Set(keys).size).toBe(2);
  });

  it("asks again where no signer could be made", async () => {
    const headers: NodeJS.Dict<string | string[]>[] = [];
    await serverOf(headers);
    const client = new DynamoDBClient({ maxAttempts: 1 });
    const signer = vi.spyOn(client.config, "signer").mockRejectedValueOnce(new Error("no region yet"));
    lean(client);
    await expect(client.send(PUT)).rejects.toThrow("no region yet");
    await expect(client.send(PUT)).rejects.not.toThrow("no region yet");
    expect(signer).toHaveBeenCalledTimes(2);
  });
});
