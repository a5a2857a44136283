import { describe, expect, it } from "vitest";
import {
  billText,
  type IdleRun,
  idleBill,
  RUNS_A_MONTH,
  type Template,
  totalOf,
} from "../../../bench/report/idle-bill.ts";

const RUN: IdleRun = {
  seconds: 0.1,
  logBytes: 1_000,
  calls: { PutItem: 1, DeleteItem: 1, Scan: 1, GetQueueAttributes: 1, ReceiveMessage: 1, DescribeTable: 0 },
  metrics: [
    { name: "RequeuerHeartbeat", series: "RequeuerHeartbeat,service=a" },
    { name: "RequeuerHeartbeat", series: "RequeuerHeartbeat,service=a" },
    { name: "MemoryUsed", series: "MemoryUsed,service=a,function=requeuer" },
  ],
};

const resource = (Type: string, Properties: Readonly<Record<string, unknown>> = {}) => ({ Type, Properties });
const functionTold = (list?: string) =>
  resource("AWS::Lambda::Function", {
    Environment: { Variables: list === undefined ? {} : { OUTBOX_RELAY_METRICS: list } },
  });
const FULL: Template = {
  Resources: {
    Dashboard: resource("AWS::CloudWatch::Dashboard"),
    Plain: resource("AWS::CloudWatch::Alarm", { MetricName: "BreakerOpen" }),
    Math: resource("AWS::CloudWatch::Alarm", {
      Metrics: [{ MetricStat: {} }, { MetricStat: {} }, { Expression: "a+b" }],
    }),
    Composite: resource("AWS::CloudWatch::CompositeAlarm"),
    Requeuer: functionTold(),
  },
};

const quantities = (template: Template) =>
  Object.fromEntries(idleBill(template, RUN, 1).map(({ what, quantity }) => [what, quantity]));

describe("the bill of an idle relay", () => {
  it("has what the template makes, an alarm on metric math for each of its metrics", () => {
    expect(quantities(FULL)).toMatchObject({
      dashboard: 1,
      "metrics that alarms watch": 3,
      "composite alarm": 1,
      "metrics of the relay's own, told by idle runs": 2,
    });
  });

  it("has of the metrics those that the functions publish", () => {
    const some = { Resources: { Requeuer: functionTold('["RequeuerHeartbeat","BreakerOpen"]') } };
    expect(quantities(some)["metrics of the relay's own, told by idle runs"]).toBe(1);
    const none = { Resources: { Requeuer: functionTold("[]") } };
    expect(quantities(none)["metrics of the relay's own, told by idle runs"]).toBe(0);
  });

  it("has a run a minute, with the calls that it makes", () => {
    expect(quantities(FULL)).toMatchObject({
      "GB-seconds of the requeuer": RUNS_A_MONTH / 10,
      "calls of SQS": 2 * RUNS_A_MONTH,
      "writes of the lease": 2 * RUNS_A_MONTH,
      "reads of the table": RUNS_A_MONTH,
    });
  });

  it("adds up to its lines, and leaves out what there is none of", () => {
    const lines = idleBill({ Resources: {} }, { ...RUN, metrics: [] }, 1);
    expect(totalOf(lines)).toBeCloseTo(lines.reduce((total, { dollars }) => total + dollars, 0));
    expect(billText(lines)).not.toMatch(/dashboard|alarm/);
    expect(billText(idleBill(FULL, RUN, 1))).toContain("1 dashboard $3.00, 3 metrics that alarms watch $0.30");
  });
});
