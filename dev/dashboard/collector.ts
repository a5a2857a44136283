import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { LogLine } from "../../lib/cloudwatch/logs-insights.ts";
import { MetricStore, type Sample } from "../../lib/cloudwatch/metric-store.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../../lib/local/environment.ts";
import { type PeekedMessage, peek } from "../demo/backlog.ts";
import { emulatorSamples } from "./emulator-metrics.ts";
import {
  concurrencySamples,
  type InvocationLog,
  isReport,
  lambdaMetric,
  ownSamples,
  platformSamples,
} from "./invocation-logs.ts";

export interface CollectorOptions {
  readonly endpoint: string;
  readonly sqs: SQSClient;
  readonly deadLetterQueueUrl: string;
  /** The functions' names, by their log groups. */
  readonly functions: ReadonlyMap<string, string>;
}

/**
 * Collects the metrics of a local run: embedded metrics and lines of the log groups, the emulator's own metrics, and
 * the queue's.
 */
export class Collector {
  readonly store = new MetricStore();
  readonly #options: CollectorOptions;
  readonly #logs: CloudWatchLogsClient;
  readonly #seen = new Set<string>();
  readonly #lines = new Map<string, LogLine[]>();
  /** How often each dead letter was received so far, by message id. */
  #receives: ReadonlyMap<string, number> = new Map();
  /** The time from which log lines and the emulator's metrics are requested next. */
  #fromMs: number;

  /** @param sinceMs data from before this time is not collected. */
  constructor(options: CollectorOptions, sinceMs: number) {
    const configuration = { endpoint: options.endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
    this.#options = options;
    this.#fromMs = sinceMs;
    this.#logs = new CloudWatchLogsClient(configuration);
  }

  linesOf = (logGroup: string): readonly LogLine[] => this.#lines.get(logGroup) ?? [];

  /**
   * Collects new data.
   *
   * @param atMs the time for all collected data, for a test's own clock. @default each datum's own time
   */
  async collect(atMs?: number): Promise<void> {
    const toMs = Date.now();
    const logs = (
      await Promise.all([...this.#options.functions.keys()].map((group) => this.#newInvocations(group)))
    ).flat();
    // The emulator's metrics are per second, so the current second is requested again later.
    const second = Math.floor(toMs / 1_000) * 1_000;
    const own = await this.#emulatorSamples(this.#fromMs, second, atMs);
    const told = new Set(own.map(({ metric }) => metric.dimensions["FunctionName"]));
    this.store.add([
      ...own,
      ...logs.flatMap((log) => ownSamples(log, atMs)),
      ...logs.filter(({ functionName }) => !told.has(functionName)).flatMap((log) => platformSamples(log, atMs)),
      ...concurrencySamples(logs).map((sample) => (atMs === undefined ? sample : { ...sample, atMs })),
      ...(await this.#queueSamples(atMs ?? toMs)),
    ]);
    this.#fromMs = second;
  }

  destroy(): void {
    this.#logs.destroy();
  }

  async #newInvocations(logGroup: string): Promise<readonly InvocationLog[]> {
    const functionName = this.#options.functions.get(logGroup) ?? "";
    const { events = [] } = await this.#logs.send(
      // A little earlier than requested: an invocation's lines carry the time of its end.
      new FilterLogEventsCommand({ logGroupName: logGroup, startTime: this.#fromMs - 60_000 }),
    );
    const streams = new Map<string, LogLine[]>();
    // A stream without a report is still being written.
    const whole = new Set(events.flatMap(({ logStreamName, message }) => (isReport(message) ? [logStreamName] : [])));
    for (const { logStreamName = "", timestamp = 0, message = "" } of events) {
      if (this.#seen.has(logStreamName) || !whole.has(logStreamName)) continue;
      streams.set(logStreamName, [...(streams.get(logStreamName) ?? []), { atMs: timestamp, message }]);
    }
    for (const stream of streams.keys()) this.#seen.add(stream);
    const logs = [...streams.values()].map((lines) => ({ functionName, lines }));
    this.#lines.set(logGroup, [...this.linesOf(logGroup), ...logs.flatMap(({ lines }) => lines)]);
    return logs;
  }

  /** The emulator's own metrics of functions that were invoked directly, or by a schedule. */
  async #emulatorSamples(fromMs: number, toMs: number, atMs: number | undefined): Promise<readonly Sample[]> {
    if (toMs <= fromMs) return [];
    const asked = [...this.#options.functions.values()].flatMap((functionName) =>
      ["Invocations", "Errors", "Throttles", "Duration"].map((name) => lambdaMetric(name, functionName)),
    );
    const samples = await Promise.all(
      asked.map((metric) => emulatorSamples(this.#options.endpoint, metric, { fromMs, toMs })),
    );
    return samples.flat().map((sample) => (atMs === undefined ? sample : { ...sample, atMs }));
  }

  /** The metrics that SQS would have of the dead-letter queue. */
  async #queueSamples(atMs: number): Promise<readonly Sample[]> {
    const { endpoint, sqs, deadLetterQueueUrl } = this.#options;
    const QueueName = deadLetterQueueUrl.slice(deadLetterQueueUrl.lastIndexOf("/") + 1);
    const [{ Attributes: attributes = {} }, deadLetters] = await Promise.all([
      sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: deadLetterQueueUrl,
          AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        }),
      ),
      peek(endpoint, deadLetterQueueUrl),
    ]);
    const values = {
      ApproximateNumberOfMessagesVisible: Number(attributes["ApproximateNumberOfMessages"] ?? 0),
      ApproximateNumberOfMessagesNotVisible: Number(attributes["ApproximateNumberOfMessagesNotVisible"] ?? 0),
      NumberOfMessagesReceived: this.#received(deadLetters),
    };
    return Object.entries(values).map(([name, value]) => ({
      metric: { namespace: "AWS/SQS", name, dimensions: { QueueName } },
      atMs,
      values: [value],
    }));
  }

  /** How often dead letters were received since the last reading. A deleted one was received at least once. */
  #received(deadLetters: readonly PeekedMessage[]): number {
    const now = new Map(deadLetters.map(({ messageId, receives }) => [messageId, receives]));
    const gone = [...this.#receives.keys()].filter((id) => !now.has(id)).length;
    const again = deadLetters.reduce(
      (sum, { messageId, receives }) => sum + receives - (this.#receives.get(messageId) ?? 0),
      0,
    );
    this.#receives = now;
    return gone + again;
  }
}
