import { describe, expect, test } from "vitest";
import { AlarmWatch } from "../../../lib/cloudwatch/alarm-watch.ts";
import { MetricStore } from "../../../lib/cloudwatch/metric-store.ts";
import type { Template } from "../../../lib/cloudwatch/template.ts";
import { viewOf, type Widget, widgetsOf } from "../../../lib/cloudwatch/widgets.ts";
import { METRICS, type MetricDefinition, type MetricName } from "../../../lib/contract/telemetry/metrics.ts";
import type { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { DOWN } from "../../world/scripted-target.ts";
import { times, worldOf } from "../../world/world.ts";
import { synthesize } from "../fixtures.ts";

/** The first row of the synthesized dashboard over the metrics of the real relay and requeuer, minute by minute. */
const MINUTE_MS = 60_000;
const HOURS_SHOWN_MS = 3 * 60 * MINUTE_MS;
const references = { physicalId: (id: string) => id, region: "us-east-1", account: "123456789012" };
const tiles = widgetsOf(synthesize().toJSON() as Template, references).filter(({ kind }) => kind === "number");
const metrics = tiles.flatMap((tile) =>
  tile.kind === "number" ? tile.queries.flatMap((query) => (query.kind === "metric" ? [query.metric] : [])) : [],
);

class Stack {
  readonly #world = worldOf();
  readonly #store = new MetricStore();
  readonly #relay = this.#world.relayProcess();
  readonly #requeuer = this.#world.requeuerProcess();
  readonly #told = new Map<string, number>();

  get target() {
    return this.#world.target;
  }

  /** Writes events, runs the relay over them and then the requeuer, and remembers what both told. */
  async minutes(count: number, events: number): Promise<void> {
    const { clock } = this.#world;
    for (let minute = 0; minute < count; minute += 1) {
      const atMs = clock.now();
      if (events > 0) await this.#relay.invoke(times(events, () => this.#world.write()));
      await this.#requeuer.invoke();
      for (const { telemetry } of [this.#relay, this.#requeuer]) this.#collect(telemetry, atMs);
      clock.skip(MINUTE_MS - ((clock.now() - atMs) % MINUTE_MS));
    }
  }

  #collect(telemetry: RecordingTelemetry, atMs: number): void {
    for (const metric of metrics) {
      const name = metric.name as MetricName;
      const { dimensions = [] }: MetricDefinition = METRICS[name];
      const values = dimensions.map((dimension) => metric.dimensions[dimension] ?? "");
      const who = telemetry === this.#relay.telemetry ? "relay" : "requeuer";
      const key = [who, name, ...values].join(" ");
      const before = this.#told.get(key) ?? 0;
      const measured = telemetry.measured(name);
      const total = measured.length > 0 ? measured.length : telemetry.total(name, ...values);
      this.#told.set(key, total);
      // A gauge of 0 is told too; a count of 0 is not.
      if (measured.length > 0) this.#store.add([{ metric, atMs, values: measured.slice(before) }]);
      else if (total > before || name === "BreakerOpen") this.#store.add([{ metric, atMs, values: [total - before] }]);
    }
  }

  /** What each tile shows. Undefined is the console's "--". */
  get shown(): Readonly<Record<string, number | undefined>> {
    const toMs = this.#world.clock.now();
    const range = { fromMs: toMs - HOURS_SHOWN_MS, toMs };
    const context = {
      store: this.#store,
      range,
      timeScale: 1,
      watch: new AlarmWatch([], this.#store),
      linesOf: () => [],
    };
    const shownIn = (tile: Widget) => {
      const view = viewOf(tile, context);
      return view.kind === "number" ? view.value : undefined;
    };
    return Object.fromEntries(tiles.map((tile) => [tile.title, shownIn(tile)]));
  }
}

describe("the first row of the dashboard", () => {
  test("with traffic: what a minute delivers, and nothing else", async () => {
    const stack = new Stack();
    await stack.minutes(10, 17);
    expect(stack.shown).toEqual({ Undelivered: 0, "Oldest waits": 0, Delivered: 17, Failures: 0, Breaker: 0 });
  });

  test("in an outage: nothing is delivered, and it says so", async () => {
    const stack = new Stack();
    await stack.minutes(10, 17);
    stack.target.script = () => DOWN;
    await stack.minutes(20, 17);
    const { Undelivered, "Oldest waits": oldest, ...others } = stack.shown;
    expect(others).toEqual({ Delivered: 0, Failures: expect.any(Number), Breaker: 1 });
    expect(others["Failures"]).toBeGreaterThan(0);
    expect(Undelivered).toBeGreaterThan(300);
    expect(oldest).toBeGreaterThan(1_000);
  });

  test("after it: everything is delivered, and all is well again", async () => {
    const stack = new Stack();
    stack.target.script = () => DOWN;
    await stack.minutes(10, 17);
    stack.target.script = () => undefined;
    await stack.minutes(30, 17);
    expect(stack.shown).toEqual({ Undelivered: 0, "Oldest waits": 0, Delivered: 17, Failures: 0, Breaker: 0 });
  });

  test("on a quiet day: zeros", async () => {
    const stack = new Stack();
    await stack.minutes(10, 17);
    await stack.minutes(60, 0);
    expect(stack.shown).toEqual({ Undelivered: 0, "Oldest waits": 0, Delivered: 0, Failures: 0, Breaker: 0 });
  });

  test("of a new stack: nothing delivered, nothing failed, and nobody has measured yet", () => {
    const unknown = { Undelivered: undefined, "Oldest waits": undefined, Breaker: undefined };
    expect(new Stack().shown).toEqual({ ...unknown, Delivered: 0, Failures: 0 });
  });
});
