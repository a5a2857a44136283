import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SQSClient } from "@aws-sdk/client-sqs";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "./environment.ts";

/** Clients for the emulator's services, for the local run and the end-to-end tests. They bypass the fault proxy. */
export interface Clients {
  readonly endpoint: string;
  readonly dynamodb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly eventbridge: EventBridgeClient;
  readonly lambda: LambdaClient;
  destroy(): void;
}

/** Endpoint and credentials are set explicitly, so that no variable or file can direct these clients elsewhere. */
export function connect(endpoint: string): Clients {
  const configuration = { endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
  const clients = {
    dynamodb: new DynamoDBClient(configuration),
    sqs: new SQSClient(configuration),
    eventbridge: new EventBridgeClient(configuration),
    lambda: new LambdaClient(configuration),
  };
  return {
    endpoint,
    ...clients,
    destroy() {
      for (const client of Object.values(clients)) {
        client.destroy();
      }
    },
  };
}
