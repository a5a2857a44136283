import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { deadLetterText, readDeadLetter } from "../contract/dead-letter.ts";
import { fieldsOf, listOf, textOf } from "../contract/foreign-value.ts";
import { SQS_MESSAGE_BYTES } from "../contract/settings/sizes.ts";
import { errorName } from "../contract/telemetry/error-name.ts";
import { chunksOf, pack } from "../core/delivery/call/packing.ts";
import { boundedMap } from "../core/parallel.ts";
import type { DeadLetterQueue, Telemetry } from "../core/ports.ts";
import type { Sender } from "./first-use.ts";
import { sqsText } from "./sqs-text.ts";

export interface DeadLetterQueueOptions {
  readonly client: Sender<SQSClient>;
  readonly queueUrl: string;
  readonly telemetry: Telemetry;
}

const MAX_ENTRIES = 10;
const PARALLEL_CALLS = 8;
/** Without a wait SQS asks some of the queue's hosts, and may miss dead letters; with one it asks all. */
const WAIT_SECONDS = { short: 0, long: 1 } as const;

/** The dead-letter queue in SQS. */
export function sqsDeadLetterQueue({ client, queueUrl, telemetry }: DeadLetterQueueOptions): DeadLetterQueue {
  async function sendBatch(batch: readonly { readonly index: number; readonly text: string }[]) {
    try {
      const answer = await client.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: batch.map(({ text }, place) => ({ Id: String(place), MessageBody: text })),
        }),
      );
      for (const { Code, Message } of listOf(answer.Failed).map(fieldsOf)) {
        telemetry.log("error", "The dead-letter queue refused a dead letter; the sweep delivers its row", {
          code: textOf(Code),
          error: textOf(Message),
        });
      }
      const taken = new Set(listOf(answer.Successful).map((entry) => fieldsOf(entry)["Id"]));
      return batch.flatMap(({ index }, place) => (taken.has(String(place)) ? [index] : []));
    } catch (error) {
      telemetry.log("error", "The dead-letter queue took no dead letters; the sweep delivers their rows", {
        deadLetters: batch.length,
        error: errorName(error),
      });
      return [];
    }
  }

  /** Dead letters whose delete or hiding failed come back by themselves, so a failure is only told. */
  function reportFailed(what: string, failed: unknown): void {
    for (const { Code } of listOf(failed).map(fieldsOf)) telemetry.log("warn", what, { code: textOf(Code) });
  }

  return {
    async send(deadLetters) {
      const entries = deadLetters.map((deadLetter, index) => ({
        index,
        text: sqsText(deadLetterText(deadLetter, SQS_MESSAGE_BYTES)),
      }));
      const batches = pack(entries, ({ text }) => Buffer.byteLength(text), {
        maxEntries: MAX_ENTRIES,
        maxBytes: SQS_MESSAGE_BYTES,
      });
      const taken = new Set((await boundedMap(batches, PARALLEL_CALLS, sendBatch)).flat());
      return deadLetters.map((_letter, index) => taken.has(index));
    },
    async receive(hiddenForSeconds, poll) {
      const answer = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: MAX_ENTRIES,
          VisibilityTimeout: hiddenForSeconds,
          WaitTimeSeconds: WAIT_SECONDS[poll],
        }),
      );
      return listOf(answer.Messages).flatMap((message) => {
        const { ReceiptHandle, Body } = fieldsOf(message);
        const receipt = textOf(ReceiptHandle);
        return receipt === undefined ? [] : [{ receipt, content: readDeadLetter(textOf(Body) ?? "") }];
      });
    },
    async delete(receipts) {
      await boundedMap(chunksOf(receipts, MAX_ENTRIES), PARALLEL_CALLS, async (batch) => {
        const entries = batch.map((receipt, place) => ({ Id: String(place), ReceiptHandle: receipt }));
        const answer = await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
        reportFailed("A dead letter of a delivered event was not deleted; it is looked at again", answer.Failed);
      });
    },
    async hide(deadLetters) {
      await boundedMap(chunksOf(deadLetters, MAX_ENTRIES), PARALLEL_CALLS, async (batch) => {
        const entries = batch.map(({ receipt, seconds }, place) => ({
          Id: String(place),
          ReceiptHandle: receipt,
          VisibilityTimeout: seconds,
        }));
        const answer = await client.send(
          new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
        );
        reportFailed("A dead letter was not hidden; it is looked at again before its time", answer.Failed);
      });
    },
    depth: () => queueDepth(client, queueUrl),
  };
}

/** Roughly how many messages a queue holds, as SQS estimates it. */
export async function queueDepth(client: Sender<SQSClient>, queueUrl: string): ReturnType<DeadLetterQueue["depth"]> {
  const { Attributes: attributes } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: hidden } = fieldsOf(attributes);
  return { visible: countIn(visible), hidden: countIn(hidden) };
}

/** SQS writes its numbers as strings. */
const countIn = (told: unknown): number => (/^\d{1,15}$/.test(textOf(told) ?? "") ? Number(told) : 0);
