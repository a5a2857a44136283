import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configuredTracing, type Tracing, tracedPublisher } from "../../lib/adapters/tracing/tracing.ts";
import { ACKNOWLEDGED } from "../../lib/core/ports.ts";
import { REFUSED, ScriptedTarget } from "../world/scripted-target.ts";
import { VirtualClock } from "../world/virtual-clock.ts";
import { eventOf } from "./fixtures.ts";

const ON = { OUTBOX_RELAY_TRACING: "opentelemetry" };
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const WRITER = "b7ad6b7169203331";
const sampled = eventOf({ id: "a", traceparent: `00-${TRACE}-${WRITER}-01` });
const unsampled = eventOf({ id: "b", traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-00` });
const untraced = eventOf({ id: "c" });

let exporter: InMemorySpanExporter;
let tracing: Tracing | undefined;

/** What the layer does before the function starts. */
beforeEach(async () => {
  exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  tracing = configuredTracing(ON);
  // The tracer is loaded by then, in no time of the virtual clock.
  await tracing?.flush();
});
afterEach(() => trace.disable());

async function publish(refusedId?: string) {
  const clock = new VirtualClock();
  const target = new ScriptedTarget(clock);
  target.script = ({ id }) => (id === refusedId ? REFUSED : undefined);
  const traced = tracedPublisher(target, tracing);
  const results = await clock.run(() => traced.publish("orders", [sampled, unsampled, untraced], clock.now() + 1_000));
  await tracing?.flush();
  return { results, spans: exporter.getFinishedSpans() };
}

describe("tracing with a collector's layer", () => {
  it("tells of each call in a span, linked to the trace of every event that carries one", async () => {
    const { results, spans } = await publish();
    expect(results).toEqual([ACKNOWLEDGED, ACKNOWLEDGED, ACKNOWLEDGED]);
    const call = spans.find(({ name }) => name === "publish");
    expect(call?.kind).toBe(SpanKind.CLIENT);
    expect(call?.links.map(({ context }) => [context.traceId, context.spanId])).toEqual([
      [TRACE, WRITER],
      ["1".repeat(32), "2".repeat(16)],
    ]);
    expect(call?.attributes).toMatchObject({
      "messaging.destination.name": "orders",
      "messaging.batch.message_count": 3,
    });
    expect(call?.status.code).toBe(SpanStatusCode.UNSET);
  });

  it("tells of a sampled event in the trace of its writer, as a child of the writer's span", async () => {
    const { spans } = await publish();
    const [event, ...others] = spans.filter(({ name }) => name.startsWith("relay "));
    expect(others).toEqual([]);
    expect(event?.spanContext().traceId).toBe(TRACE);
    expect(event?.parentSpanContext?.spanId).toBe(WRITER);
    expect(event?.kind).toBe(SpanKind.PRODUCER);
    expect(event?.attributes["messaging.message.id"]).toBe("a");
    const call = spans.find(({ name }) => name === "publish");
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

describe("without a collector's layer", () => {
  it("there is no tracing, and the publisher is left as it is", () => {
    const target = new ScriptedTarget(new VirtualClock());
    expect(configuredTracing({})).toBeUndefined();
    expect(tracedPublisher(target, undefined)).toBe(target);
  });
});
