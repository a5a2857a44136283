import { CreateQueueCommand, DeleteQueueCommand } from "@aws-sdk/client-sqs";
import { connect } from "../../../lib/local/clients.ts";
import { createPublisher } from "../../../lib/targets/sqs/publisher.ts";
import { describeTarget } from "../contract.ts";
import type { OpenTarget, ReceivedEvent, TargetEngine } from "../engine.ts";
import { drained } from "../queue-reader.ts";
import { emulatedAws } from "./emulated-aws.ts";

/** The emulator's limit for a message; SQS has taken 1 MiB since 2025. */
const EMULATOR_MESSAGE_BYTES = 262_144;

describeTarget("a standard SQS queue", () => sqsEngine({ fifo: false }));
describeTarget("a FIFO SQS queue", () => sqsEngine({ fifo: true }));

async function sqsEngine({ fifo }: { readonly fifo: boolean }): Promise<TargetEngine> {
  const { emulator, proxy, end } = await emulatedAws();
  const clients = connect(emulator.endpoint);
  let queues = 0;
  return {
    createPublisher,
    proxy,
    traits: {
      deduplicates: fifo,
      ordered: fifo,
      largestBytes: EMULATOR_MESSAGE_BYTES,
      missingCode: /QueueDoesNotExist|NonExistentQueue/,
    },
    async open(): Promise<OpenTarget> {
      queues += 1;
      const { QueueUrl: queueUrl = "" } = await clients.sqs.send(
        new CreateQueueCommand({
          QueueName: `Contract${queues}${fifo ? ".fifo" : ""}`,
          ...(fifo ? { Attributes: { FifoQueue: "true" } } : {}),
        }),
      );
      const received: ReceivedEvent[] = [];
      const missing = `NoSuchQueue${fifo ? ".fifo" : ""}`;
      return {
        config: { kind: "sqs", queueUrl: queueUrl.replace(/:\d+\//, `:${proxy.port}/`), alsoTo: [missing] },
        missing,
        async received() {
          received.push(...(await drained(clients.sqs, queueUrl)));
          return received;
        },
        close: async () => void (await clients.sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl }))),
      };
    },
    async end() {
      clients.destroy();
      await end();
    },
  };
}
