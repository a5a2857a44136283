import type { MetricId, Sample, TimeRange } from "../../lib/cloudwatch/metric-store.ts";

/**
 * The sums of one of the emulator's own metrics, per second.
 *
 * Requested without the SDK: MiniStack writes the times in its JSON answers as strings, which the SDK's client rightly
 * refuses.
 *
 * @throws when the emulator refuses.
 */
export async function emulatorSamples(
  endpoint: string,
  metric: MetricId,
  range: TimeRange,
): Promise<readonly Sample[]> {
  const { namespace: Namespace, name: MetricName, dimensions } = metric;
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "GraniteServiceVersion20100801.GetMetricStatistics",
    },
    body: JSON.stringify({
      Namespace,
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: range.fromMs / 1_000,
      EndTime: range.toMs / 1_000,
      Period: 1,
      Statistics: ["Sum"],
    }),
  });
  if (!response.ok) throw new Error(`GetMetricStatistics answered ${response.status}: ${await response.text()}`);
  const { Datapoints } = (await response.json()) as Answer;
  return Datapoints.map(({ Timestamp, Sum }) => ({ metric, atMs: Date.parse(Timestamp), values: [Sum] }));
}

interface Answer {
  readonly Datapoints: readonly { readonly Timestamp: string; readonly Sum: number }[];
}
