import type { TargetKind } from "../../../contract/deployment/target-kind.ts";

/** For how long a target itself knows an event again by its id, and drops it. */
export type DuplicateWindow =
  | { readonly kind: "minutes"; readonly minutes: number; readonly of: "SQS FIFO" | "SNS FIFO" }
  /** A setting of the stream, which nobody here has read. */
  | { readonly kind: "of-stream"; readonly defaultMinutes: number }
  | { readonly kind: "none" };

/**
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html
 * https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html
 */
const FIFO_MINUTES = 5;
/** https://docs.nats.io/using-nats/developer/develop_jetstream/model_deep_dive#message-deduplication */
const JETSTREAM_MINUTES = 2;

/** @param kind the target's, as its settings have it. */
export function duplicateWindowOf(kind: unknown, address: string): DuplicateWindow {
  switch (kind as TargetKind) {
    case "sqs":
    case "sns":
      return address.endsWith(".fifo")
        ? { kind: "minutes", minutes: FIFO_MINUTES, of: kind === "sqs" ? "SQS FIFO" : "SNS FIFO" }
        : { kind: "none" };
    case "nats":
      return { kind: "of-stream", defaultMinutes: JETSTREAM_MINUTES };
    default:
      return { kind: "none" };
  }
}
