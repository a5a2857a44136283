import { BatchGetItemCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { describe, expect, it } from "vitest";
import { httpHandler, tableClient, targetClientOptions } from "../../lib/aws/aws-clients.ts";
import { callAwsAt, httpServer, socketServer } from "./loopback.ts";

const TIMEOUTS = { connectMs: 1_000, requestMs: 250 };
const GET = new BatchGetItemCommand({ RequestItems: { outbox: { Keys: [{ pk: { S: "a" }, sk: { N: "1" } }] } } });

function clientAt(endpoint: string): DynamoDBClient {
  callAwsAt(endpoint);
  return new DynamoDBClient({ requestHandler: httpHandler(TIMEOUTS, 1), maxAttempts: 1 });
}

describe("the timeout of a call", () => {
  it("ends a request that is never answered", async () => {
    const client = clientAt(await httpServer(() => undefined));
    await expect(client.send(GET)).rejects.toMatchObject({ name: "TimeoutError" });
  });

  it("ends a request whose answer begins and never ends", async () => {
    const endpoint = await httpServer((_request, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("{");
    });
    await expect(clientAt(endpoint).send(GET)).rejects.toMatchObject({ name: "TimeoutError" });
  });

  it("leaves a connection in place that rested for longer than a call may take", async () => {
    let connections = 0;
    const endpoint = await httpServer(
      (_request, response) => {
        response.end("{}");
      },
      () => {
        connections += 1;
      },
    );
    const client = clientAt(endpoint);
    await client.send(GET);
    await new Promise((resolve) => setTimeout(resolve, 1.5 * TIMEOUTS.requestMs));
    await client.send(GET);
    expect(connections).toBe(1);
  });
});

describe("a service that answers before it has read the call, and closes", () => {
  it("fails the call and nothing else", async () => {
    const endpoint = await socketServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        socket.pause();
        socket.end("HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\n{}", () => socket.destroy());
      });
    });
    const client = clientAt(endpoint);
    const large = new PutItemCommand({ TableName: "outbox", Item: { pk: { S: "x".repeat(5_600_000) } } });
    for (let call = 0; call < 3; call += 1) await expect(client.send(large)).rejects.toBeInstanceOf(Error);
    // An error without a listener would end the process by now: vitest reports it as unhandled.
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
});

describe("a request of an invocation that ends", () => {
  it("ends with it, and is not tried again", async () => {
    let attempts = 0;
    clientAt(
      await httpServer(() => {
        attempts += 1;
      }),
    );
    const startMs = Date.now();
    const client = tableClient({ lastMs: startMs + 200 });
    await expect(client.send(GET)).rejects.toMatchObject({ name: "AbortError" });
    expect(Date.now() - startMs).toBeLessThan(3_000);
    // None, where a busy machine takes 200 ms to connect.
    const made = attempts;
    expect(made).toBeLessThanOrEqual(1);
    await expect(client.send(GET)).rejects.toMatchObject({ name: "AbortError" });
    expect(attempts).toBe(made);
  });

  it("is not touched while there is time for its own end", async () => {
    clientAt(await httpServer((_request, response) => void response.end("{}")));
    expect(await tableClient({ lastMs: Date.now() + 60_000 }).send(GET)).toMatchObject({});
  });
});

describe("a call to AWS", () => {
  it("goes by TLS to the service's own address", async () => {
    const asked: string[] = [];
    const requestHandler = {
      handle: async ({ protocol, hostname }: { readonly protocol: string; readonly hostname: string }) => {
        asked.push(`${protocol}//${hostname}`);
        throw new Error("Nobody is called here");
      },
    };
    const QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";
    const credentials = { accessKeyId: "a", secretAccessKey: "s" };
    const options = { ...targetClientOptions(4), requestHandler, region: "eu-west-1", credentials } as object;
    const calls = [
      new DynamoDBClient(options).send(GET),
      new SQSClient(options).send(new SendMessageCommand({ QueueUrl: QUEUE_URL, MessageBody: "{}" })),
      new SNSClient(options).send(
        new PublishCommand({ TopicArn: "arn:aws:sns:eu-west-1:123456789012:a", Message: "{}" }),
      ),
      new EventBridgeClient(options).send(new PutEventsCommand({ Entries: [{ Source: "shop" }] })),
      new LambdaClient(options).send(new InvokeCommand({ FunctionName: "orders" })),
      new S3Client(options).send(new PutObjectCommand({ Bucket: "receipts", Key: "relay=orders/a", Body: "{}" })),
      new SecretsManagerClient(options).send(new GetSecretValueCommand({ SecretId: "login" })),
      new SSMClient(options).send(new GetParameterCommand({ Name: "/login" })),
    ];
    await Promise.allSettled(calls);
    expect(asked).toHaveLength(calls.length);
    for (const address of asked)
      expect(address).toMatch(/^https:\/\/(receipts\.s3|[a-z]+)\.eu-west-1\.amazonaws\.com$/);
  });
});

describe("retries", () => {
  it("are the SDK's own for the table: three attempts", async () => {
    let attempts = 0;
    const endpoint = await httpServer((_request, response) => {
      attempts += 1;
      response.writeHead(attempts < 3 ? 500 : 200).end("{}");
    });
    clientAt(endpoint);
    await tableClient().send(new PutItemCommand({ TableName: "outbox", Item: { pk: { S: "a" }, sk: { N: "1" } } }));
    expect(attempts).toBe(3);
  });

  it("are the relay's own for a target: one attempt", () => {
    expect(targetClientOptions(32).maxAttempts).toBe(1);
  });
});
