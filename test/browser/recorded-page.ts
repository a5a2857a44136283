import type { Moment, Page } from "../../dev/dashboard/page-model.ts";
import { fullTemplate } from "../../dev/dashboard/stack-template.ts";
import { AlarmWatch } from "../../lib/cloudwatch/alarm-watch.ts";
import { alarmsOf } from "../../lib/cloudwatch/alarms.ts";
import type { LogLine } from "../../lib/cloudwatch/logs-insights.ts";
import type { Query } from "../../lib/cloudwatch/metric-query.ts";
import { type MetricId, MetricStore } from "../../lib/cloudwatch/metric-store.ts";
import { type View, viewOf, type Widget, widgetsOf } from "../../lib/cloudwatch/widgets.ts";
import { LOG_MESSAGES } from "../../lib/contract/telemetry/log-messages.ts";
import { RELAY_DIMENSION } from "../../lib/contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../../lib/contract/telemetry/namespace.ts";
import type { Emulator } from "../../lib/local/emulator/emulator.ts";
import { makeRunFolder } from "../../lib/local/run-folder.ts";

const TO_MS = Date.parse("2026-01-31T10:32:00Z");
const MINUTES = 60;
const MINUTE_MS = 60_000;
const FROM_MS = TO_MS - MINUTES * MINUTE_MS;
/** The graph for which this page has no data. */
const EMPTY_TITLE = "Ordering keys";

export const CALM_VALUES = [4, 0.4, 60, 0, 0];
export const TROUBLE_VALUES = [1250, 96.5, 0, 12, 1];

const LINE: LogLine = {
  atMs: Date.parse("2026-01-31T10:31:20Z"),
  message: JSON.stringify({
    level: "WARN",
    message: LOG_MESSAGES.parked,
    eventId: "evt-1",
    eventType: "order.placed",
    code: "MalformedDetail",
  }),
};

/** The synthesized dashboard, with an hour of made-up data for all its metrics except those of one graph. */
export async function recordedPage(): Promise<Page> {
  const runFolder = await makeRunFolder();
  const template = await fullTemplate({
    // Synthesizing calls no service, so nobody need listen at this port.
    emulator: { endpoint: "http://127.0.0.1:9" } as Emulator,
    runFolder,
    inherited: process.env,
    signal: new AbortController().signal,
  });
  await runFolder.remove({ keepLogs: false });
  const references = { physicalId: (id: string) => id, region: "us-east-1", account: "123456789012" };
  const widgets = widgetsOf(template, references);
  const store = new MetricStore();
  const shown = widgets.filter(({ title }) => title !== EMPTY_TITLE);
  const code = { namespace: METRICS_NAMESPACE, name: "FailuresByCode" };
  const searched = ["ThrottlingException", "TimeoutError"].map(
    (value): MetricId => ({ ...code, dimensions: { [RELAY_DIMENSION]: "OutboxRelay", code: value } }),
  );
  for (const [index, metric] of [...shown.flatMap(metricsOf), ...searched].entries()) {
    for (let minute = 0; minute < MINUTES; minute += 1) {
      const value = 50 + 40 * Math.sin(minute / 7 + index);
      store.add([{ metric, atMs: FROM_MS + minute * MINUTE_MS, values: [value] }]);
    }
  }
  const watch = new AlarmWatch(alarmsOf(template, references), store);
  watch.evaluate(TO_MS);
  const range = { fromMs: FROM_MS, toMs: TO_MS };
  const context = { store, range, timeScale: 1, watch, linesOf: () => [LINE] };
  const views = widgets.map((widget) => viewOf(widget, context));
  const first = widgets.find(({ kind }) => kind !== "text")?.place.y;
  const firstRow = views.filter(({ place }) => place.y === first);
  return {
    title: "Outbox relay",
    note: "Made up",
    moments: [momentOf("Calm", "calm", firstRow, CALM_VALUES), momentOf("Outage", "trouble", firstRow, TROUBLE_VALUES)],
    views,
    ...range,
  };
}

const metricsOf = (widget: Widget): readonly MetricId[] =>
  queriesOf(widget).flatMap((query) => (query.kind === "metric" ? [query.metric] : []));

const queriesOf = (widget: Widget): readonly Query[] =>
  widget.kind === "number" || widget.kind === "graph" ? widget.queries : [];

function momentOf(title: string, tone: Moment["tone"], row: readonly View[], values: readonly number[]): Moment {
  let place = 0;
  const views = row.map((view): View => {
    switch (view.kind) {
      case "number":
        place += 1;
        return { ...view, value: values[place - 1] };
      case "alarms": {
        const firing = tone === "trouble" ? 2 : 0;
        return {
          ...view,
          alarms: view.alarms.map(({ name }, index) => ({ name, state: index < firing ? "ALARM" : "OK" })),
        };
      }
      default:
        return view;
    }
  });
  return { title, tone, atMs: TO_MS, views };
}
