import type { AlarmState } from "../../lib/cloudwatch/alarm-rule.ts";
import { AlarmWatch } from "../../lib/cloudwatch/alarm-watch.ts";
import { alarmsOf } from "../../lib/cloudwatch/alarms.ts";
import type { References, Template } from "../../lib/cloudwatch/template.ts";
import { type View, viewOf, type Widget, widgetsOf } from "../../lib/cloudwatch/widgets.ts";
import type { Collector } from "./collector.ts";
import type { Moment, Page } from "./page-model.ts";

export interface LiveDashboardOptions {
  readonly template: Template;
  readonly references: References;
  readonly collector: Collector;
  /** How many seconds of CloudWatch pass in one real second. */
  readonly timeScale: number;
  readonly startedMs: number;
}

/** The synthesized dashboard over the data of a run so far. */
export class LiveDashboard {
  readonly #options: LiveDashboardOptions;
  readonly #widgets: readonly Widget[];
  readonly watch: AlarmWatch;
  readonly #moments: Moment[] = [];

  constructor(options: LiveDashboardOptions) {
    const { template, references, collector, timeScale } = options;
    this.#options = options;
    this.#widgets = widgetsOf(template, references);
    this.watch = new AlarmWatch(alarmsOf(template, references), collector.store, timeScale);
  }

  /** Collects new data, and evaluates the alarms. */
  async refresh(): Promise<void> {
    await this.#options.collector.collect();
    this.watch.evaluate(Date.now());
  }

  /** Keeps the first row as it is now. */
  keep(title: string, tone: Moment["tone"]): void {
    const atMs = Date.now();
    const first = this.#widgets.find(({ kind }) => kind !== "text")?.place.y;
    const views = this.#views(atMs).filter(({ place }) => place.y === first);
    this.#moments.push({ title, tone, atMs, views });
  }

  get page(): Page {
    const { startedMs, timeScale } = this.#options;
    const toMs = Date.now();
    const note = `A local run. A minute of CloudWatch is ${60 / timeScale} s here.`;
    return { title: "Outbox relay", moments: this.#moments, views: this.#views(toMs), fromMs: startedMs, toMs, note };
  }

  /** Names of the alarms that are in a state. */
  alarmsIn(state: AlarmState): readonly string[] {
    return this.watch.alarms.filter((alarm) => this.watch.stateOf(alarm) === state).map(({ name }) => name);
  }

  #views(toMs: number): readonly View[] {
    const { collector, timeScale, startedMs } = this.#options;
    const range = { fromMs: startedMs, toMs };
    const context = { store: collector.store, range, timeScale, watch: this.watch, linesOf: collector.linesOf };
    return this.#widgets.map((widget) => viewOf(widget, context));
  }
}
