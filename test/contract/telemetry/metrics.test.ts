import { describe, expect, it } from "vitest";
import { NONCONFORMITIES } from "../../../lib/contract/codec/conformance.ts";
import { DIMENSIONS, METRICS, type MetricDefinition } from "../../../lib/contract/telemetry/metrics.ts";
import { measuredPublisher } from "../../../lib/core/delivery/call/measured-publisher.ts";
import { ACKNOWLEDGED, ACKNOWLEDGED_BEFORE } from "../../../lib/core/ports.ts";
import { eventOf } from "../../engine/event-of.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { DOWN, failedWith, REFUSED, ScriptedTarget, TIMED_OUT } from "../../world/scripted-target.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { times, worldOf } from "../../world/world.ts";

/** Each combination of values is a metric that CloudWatch bills. */
const MOST_COMBINATIONS = 50;

describe("the catalogue", () => {
  it("has no metric that could become many", () => {
    for (const { dimensions = [] } of Object.values<MetricDefinition>(METRICS)) {
      const combinations = dimensions.reduce((product, name) => {
        const dimension: { readonly values?: readonly string[]; readonly atMost?: number } = DIMENSIONS[name];
        return product * (dimension.values?.length ?? dimension.atMost ?? Number.POSITIVE_INFINITY);
      }, 1);
      expect(combinations).toBeLessThanOrEqual(MOST_COMBINATIONS);
    }
  });
});

describe("the relay tells", () => {
  it("each row once as written, also when part of a batch has to come again", async () => {
    const { write, relayProcess, target } = worldOf({ concurrency: 1 });
    target.latencyMs = 2_000;
    const records = times(100, () => write());
    const { invoke, telemetry } = relayProcess();
    const { checkpoint } = await invoke(records, 10_000);
    const from = records.findIndex(({ position }) => position === checkpoint);
    expect(from).toBeGreaterThanOrEqual(0);
    expect(telemetry.total("EventsWritten")).toBe(from);
    target.latencyMs = 1;
    expect(await invoke(records.slice(from))).toEqual({});
    expect(telemetry.total("EventsWritten")).toBe(records.length);
  });

  it("rows that are delivered although their time has never been, and leaves the time as it is", async () => {
    const { write, relayProcess, target } = worldOf();
    const { invoke, telemetry } = relayProcess();
    await invoke(
      ["2026-02-30T12:00:00Z", "2026-01-31T24:00:00Z", "2016-12-31T23:59:60Z"].map((time) => write({ time })),
    );
    expect(telemetry.total("NonconformingEvents", "impossible-time")).toBe(2);
    expect(target.delivered).toHaveLength(3);
  });

  it("each way in which an event breaks CloudEvents that is delivered all the same", async () => {
    const { write, relayProcess, target } = worldOf();
    const { invoke, telemetry } = relayProcess();
    const whole = { dataschema: "https://example.com/s#a", traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` };
    await invoke([
      write(whole),
      write({ source: "the shop", dataschema: "order.json", traceparent: "none", subject: "order\t42" }),
      write({ source: "/sh\\op", subject: 'a \\"\\\\n" b' }),
      write({ subject: "\u{1fffe}" }),
      write({}, (item) => ({ ...item, recordedtime: { S: "2026-02-30T12:00:00Z" } })),
    ]);
    expect(NONCONFORMITIES.map((reason) => [reason, telemetry.total("NonconformingEvents", reason)])).toEqual([
      ["impossible-time", 0],
      ["recordedtime-not-time", 1],
      ["source-not-uri", 2],
      ["dataschema-not-uri", 1],
      ["traceparent-malformed", 1],
      ["disallowed-character", 2],
    ]);
    expect(target.delivered).toHaveLength(5);
    expect(telemetry.total("MalformedRecords")).toBe(0);
  });

  it("how late the last record of a batch is", async () => {
    const { write, relayProcess, clock } = worldOf();
    const first = write();
    clock.skip(3_000);
    const second = write();
    clock.skip(1_000);
    const last = write();
    clock.skip(2_000);
    const { invoke, telemetry } = relayProcess();
    await invoke([first, second, last]);
    await invoke([]);
    expect(telemetry.measured("StreamDelay")).toEqual([2_000]);
  });

  it("failures by class, scope and code, those among them that no call can hold", async () => {
    const { write, relayProcess, target } = worldOf();
    target.script = ({ id }) => (id === "e1" ? REFUSED : id === "e2" ? TIMED_OUT : undefined);
    const { invoke, telemetry } = relayProcess();
    await invoke([write(), write(), write({ data: "x".repeat(target.limits.maxBytes) })]);
    expect(telemetry.total("PublishFailures", "permanent", "event")).toBe(2);
    expect(telemetry.total("FailuresByCode", "InvalidArgument")).toBe(1);
    expect(telemetry.total("FailuresByCode", "EventTooLarge")).toBe(1);
    expect(telemetry.total("FailuresByCode", "TimeoutError")).toBe(
      telemetry.total("DuplicatesPossible", "ambiguous-publish"),
    );
  });

  it("one line for each event that it parks, and no data", async () => {
    const { write, relayProcess, target } = worldOf();
    target.script = ({ id }) => (id === "e2" ? REFUSED : undefined);
    const { invoke, telemetry } = relayProcess();
    await invoke([write(), write({ data: { secret: "s3cret" } }), write({}, ({ source: _, ...item }) => item)]);
    const parked = telemetry.logs.filter(({ message }) => message === "An event was not delivered; it is parked");
    expect(parked.map(({ level, fields }) => [level, fields["eventId"], fields["code"]]).sort()).toEqual([
      ["warn", "e2", "InvalidArgument"],
      ["warn", "e3", "MalformedRow"],
    ]);
    expect(JSON.stringify(telemetry.logs)).not.toContain("s3cret");
  });
});

describe("the requeuer tells", () => {
  it("how old the oldest parked event is, and of an event that fails again", async () => {
    const { write, relayProcess, requeuerProcess, target, clock } = worldOf();
    target.script = ({ id }) => (id === "e1" ? REFUSED : undefined);
    const poison = write();
    await relayProcess().invoke([poison]);
    const { invoke, telemetry } = requeuerProcess();
    clock.skip(400_000);
    write();
    await invoke();
    expect(telemetry.measured("OldestParkedAge")[0]).toBeGreaterThanOrEqual(400);
    expect(telemetry.logs.filter(({ message }) => message.startsWith("A parked event failed again"))).toMatchObject([
      { level: "warn", fields: { eventId: "e1", attempts: 2, code: "InvalidArgument" } },
    ]);
  });

  it("no parked age while what waits has only not been tried yet", async () => {
    const { write, requeuerProcess, clock } = worldOf();
    write();
    clock.skip(60_000);
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(telemetry.measured("OldestParkedAge")).toEqual([0]);
    expect(telemetry.measured("OldestUndeliveredAge")[0]).toBeGreaterThanOrEqual(60);
  });
});

describe("duplicates that the target says it dropped", () => {
  it("are counted exactly, and are acknowledged all the same", async () => {
    const clock = new VirtualClock();
    const telemetry = new RecordingTelemetry();
    const target = new ScriptedTarget(clock);
    target.publish = async () => [ACKNOWLEDGED_BEFORE, ACKNOWLEDGED, ACKNOWLEDGED_BEFORE, failedWith(DOWN)];
    const results = await measuredPublisher(target, clock, telemetry).publish("default", [], clock.now());
    expect(results.filter(({ kind }) => kind === "acknowledged")).toHaveLength(3);
    expect(telemetry.total("DuplicatesDropped")).toBe(2);
  });
});

describe("the target's call time", () => {
  it("is told for each call, also for one that failed", async () => {
    const clock = new VirtualClock();
    const telemetry = new RecordingTelemetry();
    const target = new ScriptedTarget(clock);
    target.latencyMs = 70;
    target.script = (_event, call) => (call === 2 ? DOWN : undefined);
    const timed = measuredPublisher(target, clock, telemetry);
    const { write } = worldOf();
    const events = [eventOf(write().row)];
    for (let call = 0; call < 2; call += 1)
      await clock.run(() => timed.publish("default", events, clock.now() + 1_000));
    expect(telemetry.measured("TargetCallTime")).toEqual([70, 70]);
  });
});
