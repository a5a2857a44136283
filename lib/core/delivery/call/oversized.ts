import { tooLargeFailure } from "../../../contract/dead-letter.ts";
import type { OutboxEvent } from "../../../contract/event.ts";
import type { DeliveryRun } from "../delivery-run.ts";
import { reportFailure } from "../failure-report.ts";
import { failedOutcome, type Outcome } from "../outcome.ts";
import { entryBytes } from "./packing.ts";

/** An event that no call can hold, and why. */
export function oversized(event: OutboxEvent, delivery: DeliveryRun): Outcome | undefined {
  const { publisher, telemetry } = delivery;
  const bytes = publisher.bytesOf(event);
  const mostBytes = entryBytes(publisher.limits);
  if (bytes <= mostBytes) return undefined;
  const failure = tooLargeFailure(bytes, mostBytes);
  reportFailure(failure, 1, telemetry);
  return failedOutcome({ event }, failure, 0, delivery);
}
