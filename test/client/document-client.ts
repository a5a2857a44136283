import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, type TranslateConfig } from "@aws-sdk/lib-dynamodb";
import { HttpResponse } from "@smithy/core/protocols";
import type { CloudEvent } from "../../lib/consumer/index.ts";

/** What a consumer's handler gets. */
export const EVENT: CloudEvent = { specversion: "1.0", id: "e1", source: "/s", type: "t", sequence: "1", data: 1 };

/** A class of an application's own, which lib-dynamodb writes as a map where it is told to. */
export class Money {
  readonly amount: number;
  readonly currency = "EUR";
  constructor(amount: number) {
    this.amount = amount;
  }
}

/** A real document client. Its requests are kept, and the answer is given. */
export function clientWith(
  translate: TranslateConfig = {},
  answer: { status: number; body: object } = { status: 200, body: {} },
) {
  const bodies: { readonly TransactItems: readonly object[] }[] = [];
  const config: DynamoDBClientConfig = {
    region: "us-east-1",
    credentials: { accessKeyId: "x", secretAccessKey: "x" },
    maxAttempts: 1,
    requestHandler: {
      handle: async ({ body }: { readonly body?: Uint8Array }) => {
        bodies.push(JSON.parse(new TextDecoder().decode(body)));
        const headers = { "content-type": "application/x-amz-json-1.0" };
        const text = Buffer.from(JSON.stringify(answer.body));
        return { response: new HttpResponse({ statusCode: answer.status, headers, body: text }) };
      },
    },
  };
  return { client: DynamoDBDocumentClient.from(new DynamoDBClient(config), translate), bodies };
}
