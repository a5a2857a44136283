import { randomUUID } from "node:crypto";
import { CreateQueueCommand, DeleteQueueCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { sqsDeadLetterQueue } from "../../../lib/aws/dead-letter-queue.ts";
import { systemClock } from "../../../lib/aws/system.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import type { QueueEngine } from "./engine.ts";

/** The real queue's port, with a queue of its own on any engine that speaks SQS. */
export async function sqsQueue(client: SQSClient, maxMessageBytes: number): Promise<QueueEngine> {
  const { QueueUrl: queueUrl = "" } = await client.send(
    new CreateQueueCommand({ QueueName: `conformance-${randomUUID()}` }),
  );
  const ports = { client, telemetry: new RecordingTelemetry() };
  return {
    queue: sqsDeadLetterQueue({ ...ports, queueUrl }),
    broken: sqsDeadLetterQueue({ ...ports, queueUrl: `${queueUrl}-that-is-not-there` }),
    maxMessageBytes,
    clock: systemClock,
    run: (work) => work(),
    async end() {
      await client.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
    },
  };
}
