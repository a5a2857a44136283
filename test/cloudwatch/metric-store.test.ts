import { describe, expect, it } from "vitest";
import { emfSamples } from "../../lib/cloudwatch/emf.ts";
import { searchLabels, searchMetrics } from "../../lib/cloudwatch/metric-search.ts";
import { MetricStore, periodsIn } from "../../lib/cloudwatch/metric-store.ts";

const LINE = JSON.stringify({
  _aws: {
    Timestamp: 61_000,
    CloudWatchMetrics: [
      { Namespace: "N", Dimensions: [["service"]], Metrics: [{ Name: "Latency" }, { Name: "Count" }] },
      { Namespace: "N", Dimensions: [["service", "code"]], Metrics: [{ Name: "Failures" }] },
    ],
  },
  service: "orders",
  code: "Throttled",
  Latency: [5, 1, 9],
  Count: 3,
  Failures: 2,
});
const all = { fromMs: 0, toMs: 600_000, periodMs: 60_000 };

describe("a line in embedded metric format", () => {
  it("is a sample for each metric and set of dimensions, at the time it says", () => {
    expect(emfSamples(LINE)).toEqual([
      {
        metric: { namespace: "N", name: "Latency", dimensions: { service: "orders" } },
        atMs: 61_000,
        values: [5, 1, 9],
      },
      { metric: { namespace: "N", name: "Count", dimensions: { service: "orders" } }, atMs: 61_000, values: [3] },
      {
        metric: { namespace: "N", name: "Failures", dimensions: { service: "orders", code: "Throttled" } },
        atMs: 61_000,
        values: [2],
      },
    ]);
  });

  it("can be told at another time; other lines hold nothing", () => {
    expect(emfSamples(LINE, 5)[0]?.atMs).toBe(5);
    expect(emfSamples("START RequestId: 1")).toEqual([]);
    expect(emfSamples('{"message":"not _aws"}')).toEqual([]);
  });
});

describe("the store", () => {
  const store = new MetricStore();
  store.add(emfSamples(LINE));
  store.add(emfSamples(LINE, 119_999));
  store.add(emfSamples(LINE, 120_000));
  const latency = { namespace: "N", name: "Latency", dimensions: { service: "orders" } };

  it.each([
    ["Sum", 30],
    ["Average", 5],
    ["Maximum", 9],
    ["Minimum", 1],
    ["SampleCount", 6],
    ["p50", 5],
    ["p99", 9],
    ["p10", 1],
  ])("answers %s for each period", (statistic, value) => {
    expect([...store.series(latency, { ...all, statistic })][0]).toEqual([60_000, value]);
  });

  it("keeps periods apart at multiples of their length, and leaves out what is not asked for", () => {
    expect([...store.series(latency, { ...all, statistic: "SampleCount" })]).toEqual([
      [60_000, 6],
      [120_000, 3],
    ]);
    expect([...store.series(latency, { ...all, toMs: 120_000, statistic: "SampleCount" })]).toHaveLength(1);
    expect(periodsIn({ fromMs: 61_000, toMs: 180_001 }, 60_000)).toEqual([60_000, 120_000, 180_000]);
  });

  it("knows a metric by all of its dimensions", () => {
    expect(store.has({ ...latency, dimensions: {} })).toBe(false);
    expect(store.has({ ...latency, dimensions: { service: "billing" } })).toBe(false);
    expect(store.has(latency)).toBe(true);
    expect(() => store.series(latency, { ...all, statistic: "TM(10%:90%)" })).toThrow("no statistic TM(10%:90%)");
  });

  it("finds what a search asks for, and labels it by what differs", () => {
    const found = searchMetrics(store, '{N,service,code} MetricName="Failures" service="orders"');
    expect(found).toEqual([{ namespace: "N", name: "Failures", dimensions: { service: "orders", code: "Throttled" } }]);
    expect(searchLabels(found)).toEqual(["Throttled"]);
    expect(searchMetrics(store, '{N,service} MetricName="Failures"')).toEqual([]);
    expect(searchMetrics(store, '{N,service,code} MetricName="Failures" service="billing"')).toEqual([]);
    expect(() => searchMetrics(store, "{N,service} Failures")).toThrow("has terms other than");
  });
});
