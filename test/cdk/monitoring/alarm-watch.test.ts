import { beforeEach, describe, expect, test } from "vitest";
import { ALARM_NAMES, COMPOSITE_NAME } from "../../../lib/cdk/monitoring/alarms.ts";
import type { AlarmState } from "../../../lib/cloudwatch/alarm-rule.ts";
import { AlarmWatch } from "../../../lib/cloudwatch/alarm-watch.ts";
import { alarmsOf } from "../../../lib/cloudwatch/alarms.ts";
import { MetricStore } from "../../../lib/cloudwatch/metric-store.ts";
import type { Template } from "../../../lib/cloudwatch/template.ts";
import { synthesize } from "../fixtures.ts";

/** The synthesized alarms, on a clock that a test moves minute by minute. */
const MINUTE_MS = 60_000;
const references = { physicalId: (id: string) => id, region: "us-east-1", account: "123456789012" };
const everything = { eventTypes: { except: ["parcel.*"] }, archive: true, audit: true };
const alarms = alarmsOf(synthesize(everything).toJSON() as Template, references);

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

/** A value of one of an alarm's own metrics, now. */
function tell(name: string, value: number, metricIndex = 0): void {
  const alarm = alarmNamed(name);
  const metrics = alarm.kind === "metric" ? alarm.queries.filter((query) => query.kind === "metric") : [];
  const metric = metrics[metricIndex]?.metric;
  if (metric !== undefined) store.add([{ metric, atMs: nowMs, values: [value] }]);
}

/** Lets minutes pass, with the same values of an alarm's own metric in each. */
function minutes(count: number, name: string, value: number | undefined, metricIndex = 0): void {
  for (let minute = 0; minute < count; minute += 1) {
    if (value !== undefined) tell(name, value, metricIndex);
    nowMs += MINUTE_MS;
    watch.evaluate(nowMs);
  }
}

test("all alarms are read, by the names that people know", () => {
  expect(alarms.map(({ name }) => name).sort()).toEqual([...ALARM_NAMES, COMPOSITE_NAME].sort());
});

describe.each([
  // Name, a good value, a bad value, the minutes until it fires.
  ["OldestUndeliveredAge", 10, 301, 5],
  ["OldestUndeliveredAgeCritical", 10, 43_200, 1],
  ["OldestForeignAge", 10, 900, 1],
  ["TargetUnverified", 0, 1, 10],
  ["UnprotectedBuses", 0, 1, 1],
  ["BreakerOpen", 0, 1, 15],
  ["MalformedRecords", 0, 1, 5],
  ["TableMisconfigured", 0, 1, 5],
  ["PermanentFailures", 0, 300, 1],
  ["DeadLetterAge", 60, 604_800, 5],
  ["DeadLetterDepth", 0, 3, 11],
  ["IteratorAgeLate", 500, 60_000, 5],
  ["IteratorAgeHigh", 500, 3_600_000, 3],
  ["IteratorAgeCritical", 500, 43_200_000, 1],
  ["RelayErrors", 0, 1, 5],
  ["RelayThrottles", 0, 1, 11],
  ["ReceiptsMissing", 0, 1, 5],
  ["AuditUnaccounted", 0, 1, 1],
])("%s", (name, well, bad, takes) => {
  test(`is off at ${well}, on after ${takes} minutes of ${bad}, and off again`, () => {
    minutes(20, name, well);
    expect(stateOf(name)).toBe("OK");
    minutes(takes - 1, name, bad);
    if (takes > 5) expect(stateOf(name)).toBe("OK");
    minutes(2, name, bad);
    expect(stateOf(name)).toBe("ALARM");
    minutes(30, name, well);
    expect(stateOf(name)).toBe("OK");
  });
});

describe("silence", () => {
  const NAME = "RequeuerHeartbeatMissing";
  const [RELAYED, REQUEUED, HEARTBEAT] = [0, 1, 2];

  function ranAndBeat(count: number): void {
    for (let minute = 0; minute < count; minute += 1) {
      tell(NAME, 1, REQUEUED);
      minutes(1, NAME, 1, HEARTBEAT);
    }
  }

  test("of the requeuer is an alarm after three periods, and its heartbeat ends it", () => {
    ranAndBeat(6);
    expect(stateOf(NAME)).toBe("OK");
    minutes(2, NAME, undefined);
    expect(stateOf(NAME)).toBe("OK");
    minutes(1, NAME, undefined);
    expect(stateOf(NAME)).toBe("ALARM");
    expect(stateOf(COMPOSITE_NAME)).toBe("ALARM");
    // For any duration, and whatever else runs.
    minutes(120, NAME, undefined);
    minutes(20, NAME, 5, RELAYED);
    expect(stateOf(NAME)).toBe("ALARM");
    ranAndBeat(7);
    expect(stateOf(NAME)).toBe("OK");
    expect(stateOf(COMPOSITE_NAME)).toBe("OK");
  });

  test("of a new stack is none, until something of it has run for as long", () => {
    minutes(60, NAME, undefined);
    expect(stateOf(NAME)).not.toBe("ALARM");
    expect(stateOf(COMPOSITE_NAME)).toBe("OK");
    minutes(3, NAME, 1, RELAYED);
    expect(stateOf(NAME)).not.toBe("ALARM");
    minutes(1, NAME, 1, RELAYED);
    expect(stateOf(NAME)).toBe("ALARM");
  });

  test("of a requeuer that is started and never comes to an end is one, also in a new stack", () => {
    minutes(4, NAME, 1, REQUEUED);
    expect(stateOf(NAME)).toBe("ALARM");
  });

  test("of audits is an alarm once the schedule and two hours have passed, and one run that comes to its end ends it", () => {
    const [REQUEUED, AUDITED] = [0, 1];
    const hours = (count: number) => {
      for (let hour = 0; hour < count; hour += 1) {
        minutes(1, "AuditMissing", 1, REQUEUED);
        nowMs += 59 * MINUTE_MS;
      }
      return stateOf("AuditMissing");
    };
    // A new stack has not been there for long enough.
    expect(hours(25)).toBe("OK");
    tell("AuditMissing", 1, AUDITED);
    expect(hours(26)).toBe("OK");
    expect(hours(2)).toBe("ALARM");
    tell("AuditMissing", 1, AUDITED);
    expect(hours(1)).toBe("OK");
  });

  test("after an audit that could not account for all leaves its alarm on", () => {
    minutes(1, "AuditUnaccounted", 3);
    minutes(60, "AuditUnaccounted", undefined);
    expect(stateOf("AuditUnaccounted")).toBe("ALARM");
  });

  test("of the one who measures leaves the age as bad as it was", () => {
    minutes(5, "OldestUndeliveredAge", 900);
    minutes(30, "OldestUndeliveredAge", undefined);
    expect(stateOf("OldestUndeliveredAge")).toBe("ALARM");
  });

  test("of what is told only when something is wrong is no alarm", () => {
    minutes(30, "MalformedRecords", undefined);
    for (const name of ["MalformedRecords", "RelayErrors", "RelayThrottles"]) {
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
      minutes(1, name, minute < 2 ? undefined : 50_000_000);
      if (minute === 1) expect(stateOf(COMPOSITE_NAME)).toBe("OK");
    }
    expect(stateOf(COMPOSITE_NAME)).toBe("ALARM");
  });
});

test("a permanent failure of the target is one, too, beside runs that find nothing parked", () => {
  for (let minute = 0; minute < 7; minute += 1) {
    tell("PermanentFailures", 0);
    minutes(1, "PermanentFailures", 2, 1);
  }
  expect(stateOf("PermanentFailures")).toBe("ALARM");
});

test("messages that are due and received in each run are none that nobody takes", () => {
  for (let minute = 0; minute < 60; minute += 1) {
    if (minute % 3 === 0) tell("DeadLetterDepth", 10, 1);
    minutes(1, "DeadLetterDepth", 500);
  }
  expect(stateOf("DeadLetterDepth")).toBe("OK");
});
