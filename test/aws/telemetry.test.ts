import { beforeEach, describe, expect, it, vi } from "vitest";
import { powertoolsTelemetry } from "../../lib/aws/telemetry.ts";
import {
  DIMENSIONS,
  type DimensionName,
  METRICS,
  type MetricDefinition,
  type MetricName,
} from "../../lib/contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../../lib/contract/telemetry/namespace.ts";

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

/** A value that is allowed for the dimension. */
function allowed(name: DimensionName): string {
  const dimension = DIMENSIONS[name];
  return "values" in dimension ? dimension.values[0] : "ThrottlingException";
}

const NAMES = Object.keys(METRICS) as MetricName[];

describe("metrics", () => {
  it("that are not to be published stand in the log's counts alone", () => {
    const telemetry = powertoolsTelemetry("orders-relay", new Set(["BreakerOpen", "PublishFailures"]));
    telemetry.count("EventsPublished", 7);
    telemetry.count("BreakerOpen", 1);
    telemetry.count("PublishFailures", 2, { class: "transient", scope: "target" });
    telemetry.count("FailuresByCode", 2, { code: "Throttled" });
    telemetry.measure("OldestUndeliveredAge", 3);
    telemetry.flush();
    expect(
      metricsTold()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["BreakerOpen", "PublishFailures"]);
    expect(lines().find((line) => line["counts"] !== undefined)?.["counts"]).toEqual({
      ...{ EventsPublished: 7, BreakerOpen: 1, PublishFailures: 2, FailuresByCode: 2 },
    });
  });

  it("are none at all where none is to be published", () => {
    const telemetry = powertoolsTelemetry("orders-relay", new Set());
    for (const name of NAMES) telemetry.count(name, 1);
    telemetry.flush();
    expect(metricLines()).toEqual([]);
  });

  it.each(NAMES)("tell %s by the name, unit and dimensions of the catalogue", (name) => {
    const { unit, dimensions = [] }: MetricDefinition = METRICS[name];
    const telemetry = powertoolsTelemetry("orders-relay");
    telemetry.count(name, 3, Object.fromEntries(dimensions.map((name) => [name, allowed(name)])));
    telemetry.flush();
    const [told, ...others] = metricsTold();
    expect(others).toEqual([]);
    expect(told).toMatchObject({ namespace: METRICS_NAMESPACE, name, unit });
    expect([told?.value].flat()).toEqual([3]);
    expect(told?.dimensions.map((set) => [...set].sort())).toEqual([["service", ...dimensions].sort()]);
    expect(told?.line["service"]).toBe("orders-relay");
    for (const dimension of dimensions) expect(told?.line[dimension]).toBe(allowed(dimension));
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

  it("carry no value that a closed dimension does not know", () => {
    const telemetry = powertoolsTelemetry("orders-relay");
    telemetry.count("PublishFailures", 1, { class: "e7f0-event-id", scope: "event" });
    telemetry.count("DuplicatesPossible");
    telemetry.flush();
    expect(metricsTold().map(({ line }) => line["class"] ?? line["cause"])).toEqual(["other", "other"]);
  });

  it("tell only so many error codes apart, for as long as the process lives, and none that is a sentence", () => {
    const telemetry = powertoolsTelemetry("orders-relay");
    const { atMost } = DIMENSIONS.code;
    const codesTold = () => metricsTold().map(({ line, value }) => [line["code"], value]);
    telemetry.count("FailuresByCode", 1, { code: "refused for customer Ann" });
    for (let number = 0; number < atMost; number += 1) telemetry.count("FailuresByCode", 1, { code: `E${number}` });
    telemetry.flush();
    expect(codesTold()).toHaveLength(atMost + 1);
    written = [];
    for (const code of ["E0", "OneMore", "AndOneMore"]) telemetry.count("FailuresByCode", 1, { code });
    telemetry.flush();
    expect(codesTold()).toEqual([
      ["E0", 1],
      ["other", 2],
    ]);
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

  it("hold an ordering key as its hash, which is the same for the same key", () => {
    const telemetry = powertoolsTelemetry("orders-relay");
    for (const key of ["customer#ann", "customer#ann", "customer#bob"]) telemetry.log("warn", "Parked", { key });
    expect(written.join("")).not.toContain("customer#");
    const hashes = lines().map((line) => line["keyHash"]);
    expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it("have one line for an invocation, with its counts", () => {
    const telemetry = powertoolsTelemetry("orders-relay");
    telemetry.count("EventsPublished", 7);
    telemetry.count("BreakerOpen", 0);
    telemetry.count("PublishFailures", 1, { class: "throttled", scope: "target" });
    telemetry.count("PublishFailures", 2, { class: "permanent", scope: "event" });
    telemetry.measure("EndToEndLatency", 12);
    telemetry.flush({ function: "relay", durationMs: 31 });
    expect(lines().filter(({ _aws }) => _aws === undefined)).toMatchObject([
      {
        level: "INFO",
        message: "Invocation",
        function: "relay",
        durationMs: 31,
        counts: { EventsPublished: 7, PublishFailures: 3 },
      },
    ]);
  });

  it.each([
    ["0", 0],
    ["1", 2],
  ])("hold debug lines for a share of %s of the invocations", (share, expected) => {
    vi.stubEnv("POWERTOOLS_LOGGER_SAMPLE_RATE", share);
    const telemetry = powertoolsTelemetry("orders-relay");
    for (let invocation = 0; invocation < 2; invocation += 1) {
      telemetry.log("debug", "A round of attempts failed");
      telemetry.flush();
    }
    expect(lines().filter(({ message }) => message === "A round of attempts failed")).toHaveLength(expected);
  });
});
