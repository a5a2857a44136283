import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { powertoolsTelemetry } from "../../lib/adapters/telemetry.ts";
import { METRICS, METRICS_NAMESPACE, type MetricDefinition, type MetricName } from "../../lib/core/metrics.ts";

interface Line {
  readonly [field: string]: unknown;
  readonly _aws?: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
}

let written: string[] = [];
beforeEach(() => {
  written = [];
  // Logs and metrics go out as lines of JSON, which CloudWatch reads.
  vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
});
afterEach(() => vi.restoreAllMocks());

const lines = (): readonly Line[] =>
  written
    .join("")
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
const metricLines = () => lines().filter((line) => line._aws !== undefined);
const metricsTold = () =>
  metricLines().flatMap((line) =>
    (line._aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
      Metrics.map(({ Name, Unit }) => ({
        namespace: Namespace,
        dimensions: Dimensions,
        name: Name,
        unit: Unit,
        value: line[Name],
        line,
      })),
    ),
  );

const NAMES = Object.keys(METRICS) as MetricName[];

describe("metrics", () => {
  it.each(NAMES)("tell %s by the name, unit and dimensions of the catalogue", (name) => {
    const { unit, dimensions = [] }: MetricDefinition = METRICS[name];
    const telemetry = powertoolsTelemetry("orders-relay");
    telemetry.count(name, 3, Object.fromEntries(dimensions.map((dimension) => [dimension, `a ${dimension}`])));
    telemetry.flush();
    const [told, ...others] = metricsTold();
    expect(others).toEqual([]);
    expect(told).toMatchObject({ namespace: METRICS_NAMESPACE, name, unit });
    expect([told?.value].flat()).toEqual([3]);
    expect(told?.dimensions.map((set) => [...set].sort())).toEqual([["service", ...dimensions].sort()]);
    expect(told?.line["service"]).toBe("orders-relay");
    for (const dimension of dimensions) expect(told?.line[dimension]).toBe(`a ${dimension}`);
  });

  it("are added up, so that an invocation tells each count once", () => {
    const telemetry = powertoolsTelemetry("orders-relay");
    for (let call = 0; call < 100; call += 1) telemetry.count("EventsPublished", 10);
    telemetry.flush();
    expect(metricsTold().map(({ name, value }) => [name, value])).toEqual([["EventsPublished", 1_000]]);
  });

  it("are added up apart for each set of dimensions", () => {
    const telemetry = powertoolsTelemetry("orders-relay");
    telemetry.count("PublishFailures", 2, { class: "throttled", scope: "target" });
    telemetry.count("PublishFailures", 1, { class: "permanent", scope: "event" });
    telemetry.count("PublishFailures", 1, { class: "throttled", scope: "target" });
    telemetry.flush();
    expect(metricsTold().map(({ value, line }) => [value, line["class"], line["scope"]])).toEqual([
      [3, "throttled", "target"],
      [1, "permanent", "event"],
    ]);
  });

  it("keep every measured value, for percentiles, past the hundred that one line holds", () => {
    const telemetry = powertoolsTelemetry("orders-relay");
    const values = Array.from({ length: 250 }, (_unused, index) => index);
    for (const value of values) telemetry.measure("EndToEndLatency", value);
    telemetry.flush();
    const told = metricsTold().flatMap(({ name, value }) => (name === "EndToEndLatency" ? value : []));
    expect(told).toEqual(values);
  });

  it("tell a zero, for an alarm must see it", () => {
    const telemetry = powertoolsTelemetry("orders-relay");
    telemetry.count("BreakerOpen", 0);
    telemetry.measure("OldestUndeliveredAge", 0);
    telemetry.flush();
    expect(metricsTold().map(({ name }) => name)).toEqual(["BreakerOpen", "OldestUndeliveredAge"]);
  });

  it("are forgotten once told", () => {
    const telemetry = powertoolsTelemetry("orders-relay");
    telemetry.count("EventsPublished");
    telemetry.flush();
    telemetry.flush();
    expect(metricLines()).toHaveLength(1);
  });

  it("are not told before the end of the invocation", () => {
    powertoolsTelemetry("orders-relay").count("EventsPublished");
    expect(written).toEqual([]);
  });
});

describe("logs", () => {
  it("are lines of JSON with the relay's name, level, message and fields", () => {
    const telemetry = powertoolsTelemetry("orders-relay");
    telemetry.log("warn", "An event was not delivered", { eventId: "a", attempts: 5, code: undefined });
    expect(lines()).toMatchObject([
      { level: "WARN", service: "orders-relay", message: "An event was not delivered", eventId: "a", attempts: 5 },
    ]);
    expect(lines()[0]).not.toHaveProperty("code");
  });
});
