import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type BillLine, type IdleRun, idleBill, type Template } from "../../../bench/report/idle-bill.ts";
import { PACKAGE_ROOT } from "../../../lib/cdk/functions/bundles.ts";
import { METRICS } from "../../../lib/contract/telemetry/metrics.ts";
import { synthesize } from "../fixtures.ts";

const page = readFileSync(join(PACKAGE_ROOT, "docs", "performance.md"), "utf8");
const section = page.slice(page.indexOf("## What an idle relay costs"), page.indexOf("## Sizing"));

/** The metrics that idle runs publish, as the page says. `npm run bench -- cost` counts them in such runs. */
const told =
  /\*\*Told by idle runs\*\*: (.*)/
    .exec(section)?.[1]
    ?.match(/\w+(?=`)/g)
    ?.filter((name) => name in METRICS) ?? [];
const IDLE: IdleRun = { seconds: 0, logBytes: 0, calls: {}, metrics: told.map((name) => ({ name, series: name })) };

function countsAt(monitoring: string) {
  const lines = idleBill(synthesize({ monitoring }).toJSON() as Template, IDLE, 1);
  const of = (what: string) => (lines.find((line) => line.what.startsWith(what)) as BillLine).quantity;
  return {
    dashboard: of("dashboard"),
    alarmMetrics: of("metrics that alarms watch"),
    composite: of("composite alarm"),
    own: of("metrics of the relay's own"),
  };
}

const numberIn = (pattern: RegExp): number => Number(pattern.exec(section)?.[1]);

test("docs/performance.md counts what CloudWatch bills of an idle relay as the templates have it", () => {
  const alarmMetrics = numberIn(/\| (\d+) metrics that alarms watch/);
  const own = numberIn(/\| (\d+) metrics told by idle runs/);
  const watched = numberIn(/told by idle runs, (\d+) of them watched/);
  expect(countsAt("full")).toEqual({ dashboard: 1, alarmMetrics, composite: 1, own });
  expect(countsAt("alarms")).toEqual({ dashboard: 0, alarmMetrics, composite: 1, own: watched });
  expect(countsAt("none")).toEqual({ dashboard: 0, alarmMetrics: 0, composite: 0, own: 0 });
});

test("and its dollars a line are those counts at their prices", () => {
  const line = (what: string) =>
    (section.split("\n").find((row) => row.includes(what)) ?? "").match(/\$[\d.]+/g)?.slice(1);
  const dollars = (count: number, each: number) => `$${(count * each).toFixed(2)}`;
  const { alarmMetrics, own } = countsAt("full");
  expect(line("metrics that alarms watch")).toEqual([dollars(alarmMetrics, 0.1), dollars(alarmMetrics, 0.1)]);
  expect(line("metrics told by idle runs")).toEqual([dollars(own, 0.3), dollars(countsAt("alarms").own, 0.3)]);
});
