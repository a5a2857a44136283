import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alarmsOf } from "../../lib/cloudwatch/alarms.ts";
import { queryLogs } from "../../lib/cloudwatch/logs-insights.ts";
import { type Query, unseenMetrics } from "../../lib/cloudwatch/metric-query.ts";
import { searchMetrics } from "../../lib/cloudwatch/metric-search.ts";
import type { MetricId } from "../../lib/cloudwatch/metric-store.ts";
import type { Template } from "../../lib/cloudwatch/template.ts";
import { type View, viewOf, widgetsOf } from "../../lib/cloudwatch/widgets.ts";
import { METRICS } from "../../lib/contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../../lib/contract/telemetry/namespace.ts";
import { DOCUMENTED } from "../cloudwatch/aws-metrics.ts";
import { Harness } from "./harness/harness.ts";
import { MonitoredRun } from "./harness/monitored-run.ts";
import { queriesOf, VirtualMonitoring } from "./harness/virtual-monitoring.ts";

/**
 * One run with traffic in which everything goes wrong, then a check of what it told. It takes twelve minutes of a machine of
 * its own.
 */

let harness: Harness;
let monitoring: VirtualMonitoring;

beforeAll(async () => {
  harness = await Harness.open("DashboardTest");
  monitoring = await VirtualMonitoring.open(harness);
  const run = new MonitoredRun(harness, monitoring);
  await run.traffic();
  await run.refusingServices();
  await run.lostArchive();
  await run.parkedKey();
  await run.stumbling();
  await run.outage();
  await run.missingBus();
  await run.unprotectedBus();
  await run.undeliverable();
  await run.silence();
  await run.foreignRow();
  await run.incompleteRuns();
  await run.lateStream();
  await run.crashing();
  await run.misconfigured();
  await run.strangeMessage();
  await run.audits();
  // Long enough for every alarm to see that all is well again.
  await run.traffic();
  await run.traffic();
});

afterAll(async () => {
  monitoring?.collector.destroy();
  await harness?.close();
});

/** Everything that a template's widgets and alarms ask for and that the run has not told. */
function untold(template: Template): readonly string[] {
  const { store } = monitoring.collector;
  const asking = [
    ...widgetsOf(template, monitoring.references).map((widget) => [widget.title, queriesOf(widget)] as const),
    ...alarmsOf(template, monitoring.references).map(
      (alarm) => [alarm.name, alarm.kind === "metric" ? alarm.queries : []] as const,
    ),
  ];
  return asking.flatMap(([who, queries]) => [
    ...unseenMetrics(queries, store).map(({ name, dimensions }) => `${who}: ${name} ${JSON.stringify(dimensions)}`),
    ...searchesOf(queries)
      .filter((search) => searchMetrics(store, search).length === 0)
      .map((search) => `${who}: ${search}`),
  ]);
}

const searchesOf = (queries: readonly Query[]): readonly string[] =>
  queries.flatMap((query) =>
    query.kind === "expression"
      ? [...query.expression.matchAll(/SEARCH\('([^']+)'/g)].map(([, search]) => search ?? "")
      : [],
  );

/** The template with one text in its dashboard replaced by another. */
function mutated(from: string, to: string): Template {
  const text = JSON.stringify(monitoring.template);
  expect(text).toContain(from);
  return JSON.parse(text.replaceAll(from, to)) as Template;
}

describe("metrics", () => {
  it("that a widget or an alarm names were all told by the run, in the dimensions it names", () => {
    expect(untold(monitoring.template)).toEqual([]);
  });

  it("that nobody tells are found: a widget is made to name one", () => {
    const misnamed = mutated(
      `\\"${METRICS_NAMESPACE}\\",\\"EventsParked\\"`,
      `\\"${METRICS_NAMESPACE}\\",\\"EventsParkd\\"`,
    );
    expect(untold(misnamed)).toEqual(['Events a minute: EventsParkd {"service":"OutboxRelay"}']);
    const wrongValue = mutated('\\"class\\",\\"throttled\\"', '\\"class\\",\\"throtled\\"');
    expect(untold(wrongValue).join()).toContain('By class and scope: PublishFailures {"class":"throtled"');
    const wrongSearch = mutated('MetricName=\\\\\\"FailuresByCode\\\\\\"', 'MetricName=\\\\\\"FailuresByCod\\\\\\"');
    expect(untold(wrongSearch).join()).toContain("By error: {OutboxRelay,service,code}");
    const wrongAlarm = mutated('"MetricName":"RequeuerHeartbeat"', '"MetricName":"Heartbeat"');
    expect(untold(wrongAlarm).join()).toContain("RequeuerHeartbeatMissing: Heartbeat");
  });

  it("of the catalogue were all told, and no others under our name", () => {
    const told = monitoring.collector.store.metrics.filter(({ namespace }) => namespace === METRICS_NAMESPACE);
    expect([...new Set(told.map(({ name }) => name))].sort()).toEqual(Object.keys(METRICS).sort());
  });

  it("of AWS are in AWS's own lists, by name and dimensions", () => {
    const queries = [
      ...monitoring.widgets.flatMap(queriesOf),
      ...monitoring.watch.alarms.flatMap((alarm) => (alarm.kind === "metric" ? alarm.queries : [])),
    ];
    const named = queries.flatMap((query) => (query.kind === "metric" ? [query.metric] : []));
    const isDocumented = ({ namespace, name, dimensions }: MetricId) => {
      const list = DOCUMENTED[namespace];
      return list?.names.includes(name) && Object.keys(dimensions).join() === list.dimensions.join();
    };
    const foreign = named.filter(({ namespace }) => namespace !== METRICS_NAMESPACE);
    expect(foreign.length).toBeGreaterThan(10);
    expect(foreign.filter((metric) => !isDocumented(metric))).toEqual([]);
  });
});

function isEmpty(view: View): boolean {
  switch (view.kind) {
    case "text":
      return view.markdown === "";
    case "number":
      return view.value === undefined;
    case "graph":
      return view.lines.every(({ points }) => points.length === 0);
    case "alarms":
      return view.alarms.length === 0;
    case "table":
      return view.table.rows.length === 0;
  }
}

describe("widgets", () => {
  function views(): readonly View[] {
    const { collector, watch, nowMs } = monitoring;
    // Two weeks, for one week passes while nobody looks after the dead letters.
    const range = { fromMs: nowMs - 14 * 86_400_000, toMs: nowMs };
    const context = { store: collector.store, range, timeScale: 1, watch, linesOf: collector.linesOf };
    return monitoring.widgets.map((widget) => viewOf(widget, context));
  }

  it("all show something", () => {
    const empty = views().filter(isEmpty);
    expect(empty.map(({ title }) => title)).toEqual([]);
  });

  it("that are tables name fields that the logs have", () => {
    const tables = monitoring.widgets.flatMap((widget) => (widget.kind === "table" ? [widget] : []));
    expect(tables).toHaveLength(4);
    for (const { title, query } of tables) {
      // A few of the newest lines may lack a field.
      const table = queryLogs(query.replace(/limit \d+$/, "limit 100000"), monitoring.collector.linesOf);
      const empty = table.columns.filter((_column, index) => table.rows.every((row) => row[index] === ""));
      expect([title, empty]).toEqual([title, []]);
    }
  });

  it("that are tables show no payload", () => {
    expect(JSON.stringify(views().filter(({ kind }) => kind === "table"))).not.toMatch(/filler|number":|sequence/);
  });
});

describe("alarms", () => {
  it("have all been seen to fire, by what really happened, and to go back", () => {
    const names = monitoring.watch.alarms.map(({ name }) => name);
    // The emulator runs functions without Docker and throttles none of them: see test/cdk/monitoring/alarm-watch.test.ts.
    const unreachable = ["RelayThrottles"];
    expect(monitoring.firedAndWentBack.toSorted()).toEqual(
      names.filter((name) => !unreachable.includes(name)).toSorted(),
    );
  });

  it("are all off when all is well again", () => {
    expect(monitoring.firing).toEqual([]);
  });
});
