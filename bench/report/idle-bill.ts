import { PRICES } from "./prices.ts";

/** The part of a template that decides CloudWatch's bill. */
export interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
  >;
}

/** The average of runs of the requeuer without work: time, calls and metrics of one run. */
export interface IdleRun {
  /** Seconds that Lambda bills. */
  readonly seconds: number;
  readonly logBytes: number;
  /** Calls by operation. */
  readonly calls: Readonly<Record<string, number>>;
  /** The published metrics, by name and dimension values. */
  readonly metrics: readonly { readonly name: string; readonly series: string }[];
}

export interface BillLine {
  readonly what: string;
  readonly quantity: number;
  /** US dollars a month. */
  readonly dollars: number;
}

/** A month has 730 hours, as in AWS's calculator. */
export const RUNS_A_MONTH = 730 * 60;
const BYTES_A_GIGABYTE = 1e9;
const WRITES = ["PutItem", "UpdateItem", "DeleteItem"];
const READS = ["Scan", "GetItem", "BatchGetItem"];
const QUEUE_CALLS = ["GetQueueAttributes", "ReceiveMessage"];

/**
 * The monthly bill of a relay that delivers nothing, line by line: a run of the requeuer per minute, and the template's
 * parts of CloudWatch. Without free tiers. Storage is left out, since an empty table costs nothing.
 */
export function idleBill({ Resources }: Template, run: IdleRun, memoryGb: number): readonly BillLine[] {
  const ofType = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
  const told = run.metrics.filter(({ name }) => publishedBy(Resources)(name));
  const calls = (operations: readonly string[]) =>
    RUNS_A_MONTH * operations.reduce((sum, operation) => sum + (run.calls[operation] ?? 0), 0);
  const line = (what: string, quantity: number, each: number): BillLine => ({
    what,
    quantity,
    dollars: quantity * each,
  });
  return [
    line("dashboard", ofType("AWS::CloudWatch::Dashboard").length, PRICES.dashboard),
    line("metrics that alarms watch", sum(ofType("AWS::CloudWatch::Alarm").map(watchedBy)), PRICES.alarmMetric),
    line("composite alarm", ofType("AWS::CloudWatch::CompositeAlarm").length, PRICES.compositeAlarm),
    line(
      "metrics of the relay's own, told by idle runs",
      new Set(told.map(({ series }) => series)).size,
      PRICES.metric,
    ),
    line("GB-seconds of the requeuer", RUNS_A_MONTH * run.seconds * memoryGb, PRICES.lambdaArmGigabyteSecond),
    line("runs of the requeuer", RUNS_A_MONTH, PRICES.lambdaRequest + PRICES.schedulerInvocation),
    line("calls of SQS", calls(QUEUE_CALLS), PRICES.sqsRequest),
    line("writes of the lease", calls(WRITES), PRICES.dynamodbWriteUnit),
    line("reads of the table", calls(READS), PRICES.dynamodbReadUnit),
    line("GB of logs", (RUNS_A_MONTH * run.logBytes) / BYTES_A_GIGABYTE, PRICES.logGigabyte),
  ];
}

export const totalOf = (lines: readonly BillLine[]): number => sum(lines.map(({ dollars }) => dollars));

export const billText = (lines: readonly BillLine[]): string =>
  lines
    .filter(({ quantity }) => quantity > 0)
    .map(({ what, quantity, dollars }) => `${amount(quantity)} ${what} $${dollars.toFixed(2)}`)
    .join(", ");

const amount = (quantity: number): string =>
  quantity.toLocaleString("en-US", { maximumFractionDigits: quantity < 10 ? 2 : 0 });

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** An alarm on metric math is billed for each metric in it. */
function watchedBy({ Properties }: { readonly Properties: Readonly<Record<string, unknown>> }): number {
  const { Metrics: math } = Properties as { readonly Metrics?: readonly { readonly MetricStat?: object }[] };
  return math === undefined ? 1 : math.filter(({ MetricStat }) => MetricStat !== undefined).length;
}

/** Whether the template's functions publish a metric. */
function publishedBy(resources: Template["Resources"]): (name: string) => boolean {
  const lists = Object.values(resources).flatMap(({ Properties }) => {
    const { Environment: environment } = Properties as {
      readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> };
    };
    const list = environment?.Variables?.["OUTBOX_RELAY_METRICS"];
    return typeof list === "string" ? [new Set<unknown>(JSON.parse(list))] : [];
  });
  const [list] = lists;
  return (name) => list === undefined || list.has(name);
}
