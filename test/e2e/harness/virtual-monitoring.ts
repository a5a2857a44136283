import { Collector } from "../../../dev/dashboard/collector.ts";
import { deployedReferences, fullTemplate, functionsByLogGroup } from "../../../dev/dashboard/stack-template.ts";
import { AlarmWatch } from "../../../lib/cloudwatch/alarm-watch.ts";
import { type Alarm, alarmsOf } from "../../../lib/cloudwatch/alarms.ts";
import type { Query } from "../../../lib/cloudwatch/metric-query.ts";
import type { References, Template } from "../../../lib/cloudwatch/template.ts";
import { type Widget, widgetsOf } from "../../../lib/cloudwatch/widgets.ts";
import type { Emulator } from "../../../lib/local/emulator/emulator.ts";
import { makeRunFolder } from "../../../lib/local/run-folder.ts";
import type { Harness } from "./harness.ts";
import { DEPLOYED_SETTINGS } from "./local-stack.ts";

/** The event types of a relay that shares the table with a relay for parcels. */
export const OWN_TYPES = { except: ["parcel.*"] };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The emulator tells its own metrics second by second. A second that is over is complete. */
const SECOND_IS_OVER_MS = 1_100;

/**
 * The synthesized dashboard and alarms over what a real run tells, on a clock of the test's own. All that was told since the
 * last minute counts as told in this one. So an alarm on a quarter of an hour takes fifteen runs of the requeuer.
 */
export class VirtualMonitoring {
  readonly template: Template;
  readonly references: References;
  readonly collector: Collector;
  readonly watch: AlarmWatch;
  /** Epoch milliseconds. */
  nowMs: number;

  private constructor(template: Template, references: References, collector: Collector, nowMs: number) {
    this.template = template;
    this.references = references;
    this.collector = collector;
    this.watch = new AlarmWatch(alarmsOf(template, references), collector.store);
    this.nowMs = nowMs;
  }

  static async open(harness: Harness): Promise<VirtualMonitoring> {
    const { endpoint, sqs } = harness.clients;
    const runFolder = await makeRunFolder();
    const { minAgeSeconds, alarms } = DEPLOYED_SETTINGS;
    const template = await fullTemplate({
      emulator: { endpoint } as Emulator,
      runFolder,
      inherited: process.env,
      signal: new AbortController().signal,
      // It also has the widgets that only a relay with event types, or with an archive that is audited, has.
      settings: { minAgeSeconds, alarms, eventTypes: OWN_TYPES, archive: true, audit: { everyHours: 1 } },
    });
    await runFolder.remove({ keepLogs: false });
    const references = await deployedReferences(endpoint);
    // Periods of five minutes begin at multiples of five minutes.
    const startMs = Math.ceil(Date.now() / (5 * MINUTE_MS)) * 5 * MINUTE_MS;
    const functions = functionsByLogGroup(template, references);
    const { deadLetterQueueUrl } = harness.deployment;
    const collector = new Collector({ endpoint, sqs, deadLetterQueueUrl, functions }, Date.now());
    return new VirtualMonitoring(template, references, collector, startMs);
  }

  get widgets(): readonly Widget[] {
    return widgetsOf(this.template, this.references);
  }

  /** Lets a minute pass in which this work is done. */
  async minute(work: () => Promise<unknown>): Promise<void> {
    await work();
    await this.collector.collect(this.nowMs);
    this.nowMs += MINUTE_MS;
    this.watch.evaluate(this.nowMs);
  }

  async minutes(count: number, work: () => Promise<unknown>): Promise<void> {
    for (let minute = 0; minute < count; minute += 1) await this.minute(work);
  }

  /** Lets hours pass in each of which this work is done once. */
  async hours(count: number, work: () => Promise<unknown>): Promise<void> {
    for (let hour = 0; hour < count; hour += 1) {
      await this.minute(work);
      this.nowMs += HOUR_MS - MINUTE_MS;
    }
  }

  /** Waits until the emulator's own metrics are complete up to now. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, SECOND_IS_OVER_MS));
  }

  /** The names of alarms that are on. */
  get firing(): readonly string[] {
    return this.watch.alarms.filter((alarm) => this.watch.stateOf(alarm) === "ALARM").map(({ name }) => name);
  }

  /** The names of alarms that went on and, after that, off again. */
  get firedAndWentBack(): readonly string[] {
    const went = ({ id }: Alarm) => {
      const changes = this.watch.history.filter(({ alarm }) => alarm.id === id);
      const on = changes.findIndex(({ to }) => to === "ALARM");
      return on >= 0 && changes.slice(on + 1).some(({ to }) => to === "OK");
    };
    return this.watch.alarms.filter(went).map(({ name }) => name);
  }
}

/** The metrics that a widget asks for. */
export const queriesOf = (widget: Widget): readonly Query[] =>
  widget.kind === "number" || widget.kind === "graph" ? widget.queries : [];
