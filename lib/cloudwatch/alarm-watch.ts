import { type AlarmState, evaluateRule, evaluationRange } from "./alarm-rule.ts";
import type { Alarm, MetricAlarm } from "./alarms.ts";
import { evaluateComposite } from "./composite-rule.ts";
import { seriesOf } from "./metric-query.ts";
import { type MetricStore, periodStart } from "./metric-store.ts";
import { alarmIdOf } from "./template.ts";

/** A change of state. */
export interface AlarmChange {
  readonly alarm: Alarm;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly atMs: number;
}

const MINUTE_MS = 60_000;

/**
 * Evaluates alarms each minute, as CloudWatch does, on an injected clock and over sliding windows: with a period of
 * five minutes the minutes 1 to 5, then 2 to 6.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 */
export class AlarmWatch {
  readonly alarms: readonly Alarm[];
  readonly #store: MetricStore;
  readonly #timeScale: number;
  readonly #states = new Map<string, AlarmState>();
  /** All changes so far, in their order. */
  readonly history: AlarmChange[] = [];

  constructor(alarms: readonly Alarm[], store: MetricStore, timeScale = 1) {
    // A composite alarm uses the current states of the others.
    this.alarms = [...alarms].sort(
      (one, other) => Number(one.kind === "composite") - Number(other.kind === "composite"),
    );
    this.#store = store;
    this.#timeScale = timeScale;
  }

  stateOf({ id }: Pick<Alarm, "id">): AlarmState {
    return this.#states.get(id) ?? "INSUFFICIENT_DATA";
  }

  /** Evaluates all minutes that are over by now. Returns the changes. */
  evaluate(nowMs: number): readonly AlarmChange[] {
    const changes = this.alarms.flatMap((alarm) => {
      const from = this.stateOf(alarm);
      const to =
        alarm.kind === "metric" ? this.#evaluateMetric(alarm, from, nowMs) : this.#evaluateComposite(alarm.rule);
      this.#states.set(alarm.id, to);
      return from === to ? [] : [{ alarm, from, to, atMs: nowMs }];
    });
    this.history.push(...changes);
    return changes;
  }

  #evaluateMetric({ queries, rule, periodSeconds }: MetricAlarm, current: AlarmState, nowMs: number): AlarmState {
    const periodMs = (periodSeconds * 1_000) / this.#timeScale;
    const toMs = periodStart(nowMs, MINUTE_MS / this.#timeScale);
    const periods = Array.from(
      { length: evaluationRange(rule) },
      (_unused, back) => toMs - (back + 1) * periodMs,
    ).reverse();
    const range = { fromMs: periods[0] ?? toMs, toMs };
    const returned = queries.filter((query) => query.returned);
    const series = returned.flatMap((query) =>
      seriesOf(query, queries, {
        store: this.#store,
        range,
        timeScale: this.#timeScale,
        phaseMs: toMs % periodMs,
      }),
    );
    const [only, ...others] = series;
    if (only === undefined || others.length > 0) throw new Error("An alarm is on exactly one series.");
    return evaluateRule(
      rule,
      periods.map((period) => only.series.get(period)),
      current,
    );
  }

  #evaluateComposite(rule: string): AlarmState {
    return evaluateComposite(rule, (arn) => this.stateOf({ id: alarmIdOf(arn) })) ? "ALARM" : "OK";
  }
}
