import {
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { readTraceparent } from "../../contract/codec/traceparent.ts";
import type { TargetKind } from "../../contract/deployment/target-kind.ts";
import type { OutboxEvent } from "../../contract/event.ts";
import type { PublishResult } from "../../core/ports.ts";
import { messagingCall } from "./messaging.ts";
import type { Tracing } from "./tracing-port.ts";

const TRACER_NAME = "dynamodb-outbox-relay";

/**
 * Tells OpenTelemetry of each call, by its API only: the collector's layer brings the SDK and registers it.
 *
 * One span for the call, linked to the trace of each of its events; and in the trace of each sampled event one span,
 * linked to the call. So the event's own trace shows the service, the relay and the consumer, one after the other.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/cloudevents/
 */
export function openTelemetryTracing(kind: TargetKind | undefined): Tracing {
  const tracer = trace.getTracer(TRACER_NAME);
  return {
    async call(destination, isDeployed, events, publish) {
      const contexts = events.map(contextOf);
      const links = contexts.flatMap((context): Link[] => (context === undefined ? [] : [{ context }]));
      const { destinationName, attributes: about } = messagingCall(kind, destination, isDeployed);
      // A call of one event is not a batch.
      const attributes = events.length === 1 ? about : { ...about, "messaging.batch.message_count": events.length };
      const call = tracer.startSpan(`publish ${destinationName}`, {
        kind: SpanKind.CLIENT,
        links,
        attributes,
        root: true,
      });
      const spans = events.map((event, index) => {
        const context = contexts[index];
        if (context === undefined || (context.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
        return tracer.startSpan(
          `relay ${event.type}`,
          {
            kind: SpanKind.PRODUCER,
            links: [{ context: call.spanContext() }],
            attributes: {
              ...about,
              "messaging.message.id": event.id,
              "messaging.message.body.size": Buffer.byteLength(event.json),
              "cloudevents.event_id": event.id,
              "cloudevents.event_source": event.source,
              "cloudevents.event_spec_version": "1.0",
              "cloudevents.event_type": event.type,
            },
          },
          trace.setSpanContext(ROOT_CONTEXT, context),
        );
      });
      const results = await publish();
      for (const [index, span] of spans.entries()) endSpan(span, results[index]);
      endSpan(
        call,
        results.find(({ kind }) => kind !== "acknowledged"),
      );
      return results;
    },
    async flush() {
      // The API hands out a proxy for whatever is registered; flushing belongs to the SDK, not to the API.
      const provider: unknown = trace.getTracerProvider();
      const registered = hasDelegate(provider) ? provider.getDelegate() : provider;
      if (canFlush(registered)) await registered.forceFlush();
    },
  };
}

/** The trace context that the row was written in; undefined where the row carries none that can be read. */
function contextOf({ traceparent }: OutboxEvent): SpanContext | undefined {
  const parent = readTraceparent(traceparent ?? "");
  if (parent === undefined) return undefined;
  return { traceId: parent.traceId, spanId: parent.parentId, traceFlags: parent.flags, isRemote: true };
}

function endSpan(span: Span | undefined, result: PublishResult | undefined): void {
  if (span === undefined) return;
  if (result !== undefined && result.kind !== "acknowledged") {
    const { code, class: failureClass, scope } = result.failure;
    span.setAttributes({ "error.type": code, "outbox.failure.class": failureClass, "outbox.failure.scope": scope });
    span.setStatus({ code: SpanStatusCode.ERROR, message: code });
  }
  span.end();
}

const hasDelegate = (provider: unknown): provider is { getDelegate(): unknown } =>
  typeof provider === "object" && provider !== null && "getDelegate" in provider;

const canFlush = (provider: unknown): provider is { forceFlush(): Promise<void> } =>
  typeof provider === "object" && provider !== null && "forceFlush" in provider;
