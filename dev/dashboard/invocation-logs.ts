import { emfSamples } from "../../lib/cloudwatch/emf.ts";
import type { LogLine } from "../../lib/cloudwatch/logs-insights.ts";
import type { MetricId, Sample } from "../../lib/cloudwatch/metric-store.ts";
import type { MetricName } from "../../lib/contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../../lib/contract/telemetry/namespace.ts";

/** The log of one invocation: the emulator makes a log stream for each. */
export interface InvocationLog {
  readonly functionName: string;
  readonly lines: readonly LogLine[];
}

const LAMBDA = "AWS/Lambda";
const PLATFORM_LINE = /^(START|END|REPORT) RequestId: /;
export const lambdaMetric = (name: string, functionName: string): MetricId => ({
  namespace: LAMBDA,
  name,
  dimensions: { FunctionName: functionName },
});

/**
 * The metrics that Lambda would have of an invocation by the stream's mapping. The emulator has them only for other
 * invocations, so they are derived from the log: the functions write lines of JSON, and a crash leaves plain text.
 */
export function platformSamples({ functionName, lines }: InvocationLog, atMs?: number): readonly Sample[] {
  const report = reportOf(lines);
  if (report === undefined) return [];
  const sample = (name: string, value: number): Sample => ({
    metric: lambdaMetric(name, functionName),
    atMs: atMs ?? report.endMs,
    values: [value],
  });
  const crashed = lines.some(({ message }) => !PLATFORM_LINE.test(message) && !message.startsWith("{"));
  return [sample("Invocations", 1), sample("Duration", report.durationMs), sample("Errors", crashed ? 1 : 0)];
}

/** The relay's own metrics in an invocation's lines, and the iterator age: how late the batch's last record came. */
export function ownSamples({ functionName, lines }: InvocationLog, atMs?: number): readonly Sample[] {
  const own = lines.flatMap(({ message }) => emfSamples(message, atMs));
  const delay: MetricName = "StreamDelay";
  const ages = own.filter(({ metric }) => metric.namespace === METRICS_NAMESPACE && metric.name === delay);
  return [...own, ...ages.map((sample) => ({ ...sample, metric: lambdaMetric("IteratorAge", functionName) }))];
}

/** How many invocations of a function ran at once, at the start of each. */
export function concurrencySamples(logs: readonly InvocationLog[]): readonly Sample[] {
  const runs = logs.flatMap(({ functionName, lines }) => {
    const report = reportOf(lines);
    return report === undefined
      ? []
      : [{ functionName, endMs: report.endMs, startMs: report.endMs - report.durationMs }];
  });
  return runs.map(({ functionName, startMs }) => {
    const atOnce = runs.filter(
      (other) => other.functionName === functionName && other.startMs <= startMs && startMs <= other.endMs,
    );
    return { metric: lambdaMetric("ConcurrentExecutions", functionName), atMs: startMs, values: [atOnce.length] };
  });
}

export const isReport = (message: string | undefined): boolean => message?.startsWith("REPORT ") ?? false;

interface Report {
  readonly endMs: number;
  readonly durationMs: number;
}

function reportOf(lines: readonly LogLine[]): Report | undefined {
  for (const { atMs, message } of lines) {
    const durationMs = Number(/^REPORT RequestId: \S+\tDuration: ([\d.]+) ms/.exec(message)?.[1]);
    if (!Number.isNaN(durationMs)) return { endMs: atMs, durationMs };
  }
  return undefined;
}
