import type { PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import type { OutboxEvent } from "../../contract/event.ts";
import type { PublishResult } from "../../core/ports.ts";
import { tooLong } from "../shared/run/carriable.ts";
import { traceHeader } from "../shared/run/trace-header.ts";

/** The entry of PutEvents: the CloudEvent is the detail. */
export function entryOf(bus: string, { source, type, timeMs, traceparent, json }: OutboxEvent): PutEventsRequestEntry {
  const header = traceHeader(traceparent);
  return {
    EventBusName: bus,
    Source: source,
    DetailType: type,
    Detail: json,
    // Without a time EventBridge takes that of the call: late, but never another day than the event says.
    ...(timeMs === undefined ? {} : { Time: new Date(timeMs) }),
    ...(header === undefined ? {} : { TraceHeader: header }),
  };
}

/**
 * EventBridge's limits, in characters.
 *
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html (DetailType) and
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_EventBridgeParameters.html (Source and DetailType of
 * PutEvents)
 */
const MOST_CHARACTERS = { DetailType: 128, Source: 256 };

/** The part of an event for which an entry has no room. Undefined where all fits. */
export function unfitPart({ source, type }: OutboxEvent): PublishResult | undefined {
  return (
    longerThan(MOST_CHARACTERS.DetailType, type, "DetailTypeTooLong", "type") ??
    longerThan(MOST_CHARACTERS.Source, source, "SourceTooLong", "source")
  );
}

function longerThan(most: number, text: string, code: string, part: string): PublishResult | undefined {
  if (text.length <= most) return undefined;
  const is = [...text].length;
  return is <= most ? undefined : tooLong(code, part, { is, most, unit: "characters" });
}
