import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { messagingCall } from "../../lib/aws/tracing/messaging.ts";
import { configuredTracing, tracedPublisher } from "../../lib/aws/tracing/tracing.ts";
import type { Tracing } from "../../lib/aws/tracing/tracing-port.ts";
import { ACKNOWLEDGED } from "../../lib/core/ports.ts";
import { REFUSED, ScriptedTarget } from "../world/scripted-target.ts";
import { VirtualClock } from "../world/virtual-clock.ts";
import { eventOf } from "./fixtures.ts";

const QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders.fifo";
const ON = {
  OUTBOX_RELAY_TRACING: "opentelemetry",
  OUTBOX_RELAY_TARGET: JSON.stringify({ kind: "sqs", queueUrl: QUEUE }),
};
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const WRITER = "b7ad6b7169203331";
const sampled = eventOf({ id: "a", traceparent: `00-${TRACE}-${WRITER}-01` });
const unsampled = eventOf({ id: "b", traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-00` });
const untraced = eventOf({ id: "c" });
/** As tracers write them that are switched off: OpenTelemetry has no trace of zeros. */
const zeros = eventOf({ id: "d", traceparent: `00-${"0".repeat(32)}-${"0".repeat(16)}-01` });

/** The attributes that OpenTelemetry's conventions require of a span for a call to a queue. */
const ABOUT = {
  "messaging.system": "aws_sqs",
  "messaging.operation.name": "publish",
  "messaging.operation.type": "send",
  "messaging.destination.name": "orders.fifo",
  "aws.sqs.queue.url": QUEUE,
};

let exporter: InMemorySpanExporter;
let tracing: Tracing | undefined;

/** Does what the layer does before the function starts. */
beforeEach(async () => {
  exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  tracing = configuredTracing(ON);
  // The tracer is loaded by then, and no time has passed on the virtual clock.
  await tracing?.flush();
});
afterEach(() => trace.disable());

async function publish(refusedId?: string) {
  const clock = new VirtualClock();
  const target = new ScriptedTarget(clock);
  target.script = ({ id }) => (id === refusedId ? REFUSED : undefined);
  const traced = tracedPublisher(target, tracing);
  const results = await clock.run(() =>
    traced.publish(QUEUE, [sampled, unsampled, untraced, zeros], clock.now() + 1_000),
  );
  await tracing?.flush();
  return { results, spans: exporter.getFinishedSpans() };
}

describe("tracing with a collector's layer", () => {
  it("tells of each call in a span, linked to the trace of every event that carries one", async () => {
    const { results, spans } = await publish();
    expect(results).toEqual([ACKNOWLEDGED, ACKNOWLEDGED, ACKNOWLEDGED, ACKNOWLEDGED]);
    const call = spans.find(({ name }) => name === "publish orders.fifo");
    expect(call?.kind).toBe(SpanKind.CLIENT);
    expect(call?.links.map(({ context }) => [context.traceId, context.spanId])).toEqual([
      [TRACE, WRITER],
      ["1".repeat(32), "2".repeat(16)],
    ]);
    expect(call?.attributes).toEqual({ ...ABOUT, "messaging.batch.message_count": 4 });
    expect(call?.status.code).toBe(SpanStatusCode.UNSET);
  });

  it("tells of a sampled event in the trace of its writer, as a child of the writer's span", async () => {
    const { spans } = await publish();
    const [event, ...others] = spans.filter(({ name }) => name.startsWith("relay "));
    expect(others).toEqual([]);
    expect(event?.spanContext().traceId).toBe(TRACE);
    expect(event?.parentSpanContext?.spanId).toBe(WRITER);
    expect(event?.kind).toBe(SpanKind.PRODUCER);
    expect(event?.attributes).toEqual({
      ...ABOUT,
      "messaging.message.id": "a",
      "messaging.message.body.size": Buffer.byteLength(sampled.json),
      "cloudevents.event_id": "a",
      "cloudevents.event_source": sampled.source,
      "cloudevents.event_spec_version": "1.0",
      "cloudevents.event_type": sampled.type,
    });
    const call = spans.find(({ name }) => name.startsWith("publish "));
    expect(event?.links[0]?.context.spanId).toBe(call?.spanContext().spanId);
  });

  it("says of what failed how it failed, and nothing of what it holds", async () => {
    const { results, spans } = await publish("a");
    expect(results[0]).toMatchObject({ kind: "failed" });
    for (const { status, attributes } of spans) {
      expect(status).toEqual({ code: SpanStatusCode.ERROR, message: "InvalidArgument" });
      expect(attributes).toMatchObject({ "outbox.failure.class": "permanent", "outbox.failure.scope": "event" });
    }
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain("total");
  });
});

describe("what a span says of its target", () => {
  it.each([
    ["eventbridge", "arn:aws:events:eu-west-1:123456789012:event-bus/central", "aws.eventbridge", "central"],
    ["eventbridge", "orders", "aws.eventbridge", "orders"],
    ["sns", "arn:aws:sns:eu-west-1:123456789012:orders", "aws.sns", "orders"],
    ["kinesis", "arn:aws:kinesis:eu-west-1:123456789012:stream/orders", "aws.kinesis", "orders"],
    ["lambda", "arn:aws:lambda:eu-west-1:123456789012:function:orders:live", "aws.lambda", "orders:live"],
    ["http", "https://example.com/events?token=s", "http", "https://example.com/(not shown)"],
    ["nakadi", "orders", "nakadi", "orders"],
    ["rabbitmq", "exchange/with/slashes", "rabbitmq", "exchange/with/slashes"],
    ["nats", "orders.placed", "nats", "orders.placed"],
    ["kafka", "orders", "kafka", "orders"],
  ] as const)("is for %s at %s the system %s and the name %s", (kind, destination, system, name) => {
    const { destinationName, attributes } = messagingCall(kind, destination, true);
    expect(destinationName).toBe(name);
    expect(attributes).toMatchObject({ "messaging.system": system, "messaging.destination.name": name });
  });

  it("shows of a destination that only a row names no more than its shape allows", () => {
    const { destinationName } = messagingCall("rabbitmq", "exchange/with/slashes", false);
    expect(destinationName).toBe("(not shown, a string of 21 characters)");
    expect(messagingCall("sqs", "https://evil.example.com:x/hunter2", false)).toMatchObject({
      destinationName: "(not shown, a URL of 34 characters)",
    });
  });

  it("asks the publisher whether the deployment names the destination", async () => {
    const clock = new VirtualClock();
    const deployed = Object.assign(new ScriptedTarget(clock), { isDeployed: (name: string) => name === "a/b" });
    const traced = tracedPublisher(deployed, tracing);
    for (const name of ["a/b", "c/d"]) await clock.run(() => traced.publish(name, [untraced], clock.now() + 1_000));
    const urls = exporter.getFinishedSpans().map(({ attributes }) => attributes["aws.sqs.queue.url"]);
    expect(urls).toEqual(["a/b", "(not shown, a string of 3 characters)"]);
    expect(["a/b", "c/d"].map((name) => traced.isDeployed?.(name))).toEqual([true, false]);
    expect(tracedPublisher(new ScriptedTarget(clock), tracing).isDeployed?.("a/b")).toBe(false);
  });

  it("says of a call with a single event no size of a batch", async () => {
    const clock = new VirtualClock();
    const traced = tracedPublisher(new ScriptedTarget(clock), tracing);
    await clock.run(() => traced.publish(QUEUE, [untraced], clock.now() + 1_000));
    expect(exporter.getFinishedSpans().map(({ attributes }) => attributes)).toEqual([ABOUT]);
  });
});

describe("without a collector's layer", () => {
  it("there is no tracing, and the publisher is left as it is", () => {
    const target = new ScriptedTarget(new VirtualClock());
    expect(configuredTracing({})).toBeUndefined();
    expect(tracedPublisher(target, undefined)).toBe(target);
  });
});
