import { beforeEach, describe, expect, test } from "vitest";
import { ALARM_NAMES, COMPOSITE_NAME } from "../../lib/cdk/monitoring/alarms.ts";
import type { AlarmState } from "../../lib/dashboard/alarm-rule.ts";
import { AlarmWatch } from "../../lib/dashboard/alarm-watch.ts";
import { alarmsOf } from "../../lib/dashboard/alarms.ts";
import { MetricStore } from "../../lib/dashboard/metric-store.ts";
import type { Template } from "../../lib/dashboard/template.ts";
import { synthesize } from "./fixtures.ts";

/** The synthesized alarms, on a clock that a test moves minute by minute. */
const MINUTE_MS = 60_000;
const references = { physicalId: (id: string) => id, region: "us-east-1", account: "123456789012" };
const alarms = alarmsOf(synthesize({ eventTypes: { except: ["parcel.*"] } }).toJSON() as Template, references);

let store: MetricStore;
let watch: AlarmWatch;
let nowMs: number;

beforeEach(() => {
  store = new MetricStore();
  watch = new AlarmWatch(alarms, store);
  nowMs = Date.parse("2026-01-01T00:00:00Z");
});

function alarmNamed(name: string) {
  const alarm = alarms.find((each) => each.name === name);
  if (alarm === undefined) throw new Error(`There is no alarm ${name}.`);
  return alarm;
}
const stateOf = (name: string): AlarmState => watch.stateOf(alarmNamed(name));

/** One minute after the other, with the same values of an alarm's own metric in each. */
function minutes(count: number, name: string, value: number | undefined, metricIndex = 0): void {
  const alarm = alarmNamed(name);
  const metrics = alarm.kind === "metric" ? alarm.queries.filter((query) => query.kind === "metric") : [];
  const metric = metrics[metricIndex]?.metric;
  for (let minute = 0; minute < count; minute += 1) {
    if (metric !== undefined && value !== undefined) store.add([{ metric, atMs: nowMs, values: [value] }]);
    nowMs += MINUTE_MS;
    watch.evaluate(nowMs);
  }
}

test("all alarms are read, by the names that people know", () => {
  expect(alarms.map(({ name }) => name).sort()).toEqual([...ALARM_NAMES, COMPOSITE_NAME].sort());
});

describe.each([
  // Name, a value that is well, one that is not, minutes that it takes to fire.
  ["OldestUndeliveredAge", 10, 301, 3],
  ["OldestUndeliveredAgeCritical", 10, 43_200, 1],
  ["OldestForeignAge", 10, 900, 1],
  ["TargetUnverified", 0, 1, 10],
  ["UnprotectedBuses", 0, 1, 1],
  ["BreakerOpen", 0, 1, 15],
  ["MalformedRecords", 0, 1, 5],
  ["TableMisconfigured", 0, 1, 5],
  ["PermanentFailures", 0, 1, 5],
  ["DeadLetterAge", 60, 604_800, 5],
  ["DeadLetterDepth", 0, 3, 15],
  ["IteratorAgeLate", 500, 60_000, 5],
  ["IteratorAgeHigh", 500, 3_600_000, 3],
  ["IteratorAgeCritical", 500, 43_200_000, 1],
  ["RelayErrors", 0, 1, 5],
  ["RelayThrottles", 0, 1, 15],
])("%s", (name, well, bad, takes) => {
  test(`is off at ${well}, on after ${takes} minutes of ${bad}, and off again`, () => {
    minutes(20, name, well);
    expect(stateOf(name)).toBe("OK");
    minutes(takes - 1, name, bad);
    if (takes > 5) expect(stateOf(name)).toBe("OK");
    minutes(2, name, bad);
    expect(stateOf(name)).toBe("ALARM");
    minutes(20, name, well);
    expect(stateOf(name)).toBe("OK");
  });
});

describe("silence", () => {
  test("of the requeuer is an alarm after three periods, and its heartbeat ends it", () => {
    minutes(5, "RequeuerHeartbeatMissing", 1);
    expect(stateOf("RequeuerHeartbeatMissing")).toBe("OK");
    // Real datapoints are looked back for first, so the third missing one is not yet the third that is counted.
    minutes(5, "RequeuerHeartbeatMissing", undefined);
    expect(stateOf("RequeuerHeartbeatMissing")).toBe("ALARM");
    expect(stateOf(COMPOSITE_NAME)).toBe("ALARM");
    minutes(3, "RequeuerHeartbeatMissing", 1);
    expect(stateOf("RequeuerHeartbeatMissing")).toBe("OK");
    expect(stateOf(COMPOSITE_NAME)).toBe("OK");
  });

  test("of the one who measures leaves the age as bad as it was", () => {
    minutes(5, "OldestUndeliveredAge", 900);
    minutes(30, "OldestUndeliveredAge", undefined);
    expect(stateOf("OldestUndeliveredAge")).toBe("ALARM");
  });

  test("of what is told only when something is wrong is no alarm", () => {
    minutes(30, "MalformedRecords", undefined);
    for (const name of ["MalformedRecords", "PermanentFailures", "RelayErrors", "RelayThrottles", "DeadLetterAge"]) {
      expect([name, stateOf(name)]).toEqual([name, "OK"]);
    }
  });
});

describe("the composite alarm", () => {
  test.each([
    "OldestUndeliveredAge",
    "OldestUndeliveredAgeCritical",
    "OldestForeignAge",
    "TableMisconfigured",
    "DeadLetterAge",
    "IteratorAgeCritical",
  ])("is on with %s", (name) => {
    for (let minute = 0; minute < 8; minute += 1) {
      // The heart beats, so that silence is not the reason.
      const heartbeat = alarmNamed("RequeuerHeartbeatMissing");
      if (heartbeat.kind === "metric" && heartbeat.queries[0]?.kind === "metric") {
        store.add([{ metric: heartbeat.queries[0].metric, atMs: nowMs, values: [1] }]);
      }
      minutes(1, name, minute < 2 ? undefined : 50_000_000);
      if (minute === 1) expect(stateOf(COMPOSITE_NAME)).toBe("OK");
    }
    expect(stateOf(COMPOSITE_NAME)).toBe("ALARM");
  });
});

test("a permanent failure of the target alone is one, too", () => {
  minutes(7, "PermanentFailures", 2, 1);
  expect(stateOf("PermanentFailures")).toBe("ALARM");
});
