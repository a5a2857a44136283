import type { MetricName } from "../../lib/contract/telemetry/metrics.ts";
import type { LogFields, Telemetry } from "../../lib/core/ports.ts";

/** Remembers what was told. */
export class RecordingTelemetry implements Telemetry {
  readonly logs: { readonly level: string; readonly message: string; readonly fields: LogFields }[] = [];
  #counts = new Map<string, number>();
  #measured = new Map<MetricName, number[]>();

  count(metric: MetricName, by = 1, dimensions: Readonly<Record<string, string>> = {}): void {
    for (const key of new Set([metric, [metric, ...Object.values(dimensions)].join(" ")])) {
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
    }
  }

  measure(metric: MetricName, value: number): void {
    const values = this.#measured.get(metric);
    if (values === undefined) this.#measured.set(metric, [value]);
    else values.push(value);
  }

  log(level: string, message: string, fields: LogFields = {}): void {
    this.logs.push({ level, message, fields });
  }

  /** The sum of a metric, over all dimensions or for the given values of them. */
  total(metric: MetricName, ...dimensions: readonly string[]): number {
    return this.#counts.get([metric, ...dimensions].join(" ")) ?? 0;
  }

  measured(metric: MetricName): readonly number[] {
    return this.#measured.get(metric) ?? [];
  }
}
