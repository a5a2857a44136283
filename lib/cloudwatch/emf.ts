import type { Sample } from "./metric-store.ts";

/**
 * The metrics in a log line of CloudWatch's embedded metric format; empty for any other line.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @param atMs replaces the line's time, for a test's own clock.
 */
export function emfSamples(line: string, atMs?: number): readonly Sample[] {
  if (!line.startsWith("{") || !line.includes('"_aws"')) return [];
  const fields = JSON.parse(line) as EmfLine;
  const { Timestamp: saidMs, CloudWatchMetrics: directives } = fields._aws;
  return directives.flatMap(({ Namespace: namespace, Dimensions: sets, Metrics: metrics }) =>
    sets.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((name) => [name, String(fields[name])]));
      return metrics.map(({ Name: name }) => ({
        metric: { namespace, name, dimensions },
        atMs: atMs ?? saidMs,
        values: [fields[name]].flat().map(Number),
      }));
    }),
  );
}

interface EmfLine {
  readonly [field: string]: unknown;
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
}
