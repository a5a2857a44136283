import { Duration } from "aws-cdk-lib";
import {
  AlarmStatusWidget,
  AlarmStatusWidgetSortBy,
  type IAlarm,
  type IMetric,
  type IWidget,
  MathExpression,
  SingleValueWidget,
  TextWidget,
  TextWidgetBackground,
} from "aws-cdk-lib/aws-cloudwatch";
import { FAILURE_KINDS } from "../../../contract/failure.ts";
import type { MonitoringProps } from "../monitoring-props.ts";
import type { RelayMetrics } from "../relay-metrics.ts";
import { runbookWords } from "../runbook.ts";
import { COLUMNS, type Row } from "./widgets.ts";

/** Six rows of alarms, three abreast. */
const HEIGHT = 5;
const TILE_WIDTH = 3;
const TILES = 5;

/** Is anything wrong? Five numbers and the alarms, readable in five seconds. */
export function headline(metrics: RelayMetrics, props: MonitoringProps, alarms: readonly IAlarm[]): readonly Row[] {
  const { relayName, settings } = props;
  // These are gauges, reported once a run. A sum would count a waiting event once per run.
  const gauge = { statistic: "Maximum", period: Duration.seconds(settings.requeueEverySeconds) };
  return [
    [
      new TextWidget({
        markdown:
          `# ${relayName}: is anything wrong?\n` +
          "All is well while *undelivered* is small, *oldest* is seconds, *failures* and *breaker* are 0 and no alarm is red. " +
          "An undelivered event is never lost: its row stays in the outbox table until the target has acknowledged it. " +
          "**Undelivered grows and failures are high?** The target is down: repair it, and everything is delivered by itself. " +
          "**Undelivered grows and failures are 0?** Nobody delivers: see *functions* below. " +
          `\`${props.command} status\` says which it is. Each alarm says what to do; more is in ${runbookWords(settings)}.`,
        width: COLUMNS,
        height: 3,
        background: TextWidgetBackground.TRANSPARENT,
      }),
    ],
    [
      tile("Undelivered", metrics.one("UndeliveredEvents", { ...gauge, label: "events" })),
      tile("Oldest waits", metrics.one("OldestUndeliveredAge", { ...gauge, label: "seconds" })),
      tile("Delivered", delivered(metrics)),
      tile("Failures", failures(metrics)),
      tile("Breaker", metrics.one("BreakerOpen", { ...gauge, label: "1 = open" })),
      new AlarmStatusWidget({
        title: "Alarms",
        alarms: [...alarms],
        sortBy: AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP,
        width: COLUMNS - TILES * TILE_WIDTH,
        height: HEIGHT,
      }),
    ],
  ];
}

const tile = (title: string, metric: IMetric): IWidget =>
  new SingleValueWidget({ title, metrics: [metric], width: TILE_WIDTH, height: HEIGHT, sparkline: true });

/**
 * Events delivered per minute, filled with 0: without a value the tile would show the last minute before an outage all
 * through the outage.
 */
const delivered = (metrics: RelayMetrics): IMetric =>
  new MathExpression({
    expression: "FILL(delivered, 0)",
    usingMetrics: { delivered: metrics.one("EventsPublished") },
    label: "per minute",
    period: Duration.minutes(1),
  });

/** All failures of a minute, filled with 0: without a value the tile would look as if the number were unknown. */
function failures(metrics: RelayMetrics): IMetric {
  const parts = FAILURE_KINDS.map((dimensions) => [
    `${dimensions.class}_${dimensions.scope}`,
    metrics.one("PublishFailures", { dimensions }),
  ]);
  return new MathExpression({
    expression: parts.map(([id]) => `FILL(${id}, 0)`).join(" + "),
    usingMetrics: Object.fromEntries(parts),
    label: "per minute",
    period: Duration.minutes(1),
  });
}
