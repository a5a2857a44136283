import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../../lib/cdk/functions/bundles.ts";
import { ALARM_NAMES, COMPOSITE_NAME } from "../../../lib/cdk/monitoring/alarms.ts";
import { PRICES } from "../../../lib/cdk/monitoring/dashboard/cost-row.ts";
import { COLUMNS } from "../../../lib/cdk/monitoring/dashboard/widgets.ts";
import { metricsOf } from "../../../lib/cdk/monitoring/relay-metrics.ts";
import { FAILURE_KINDS } from "../../../lib/contract/failure.ts";
import { LOG_MESSAGES } from "../../../lib/contract/telemetry/log-messages.ts";
import { DIMENSIONS, METRICS, type MetricDefinition } from "../../../lib/contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../../../lib/contract/telemetry/namespace.ts";
import { onlyResource, synthesize } from "../fixtures.ts";

const catalogue = Object.entries<MetricDefinition>(METRICS);
/** The dashboard of a relay that shares its table and audits an archive, for it has all widgets. */
const template = synthesize({ eventTypes: { except: ["parcel.*"] }, archive: true, audit: true });
const { DashboardName } = onlyResource(template, "AWS::CloudWatch::Dashboard").Properties;

interface Widget {
  readonly type: "metric" | "text" | "alarm" | "log";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  // biome-ignore lint/suspicious/noExplicitAny: a widget's properties are untyped JSON, and tests look deep into them.
  readonly properties: any;
}

interface Body {
  readonly widgets: readonly Widget[];
  readonly variables: readonly unknown[];
  readonly periodOverride: string;
}

/** The body, with each reference in place of the value that CloudFormation would put there. */
function bodyOf(among: Template): Body {
  const { DashboardBody } = onlyResource(among, "AWS::CloudWatch::Dashboard").Properties;
  return JSON.parse(
    DashboardBody["Fn::Join"][1]
      .map((part: unknown) => (typeof part === "string" ? part : JSON.stringify(part).replaceAll('"', "'")))
      .join(""),
  ) as Body;
}

const textsIn = ({ widgets }: Body): readonly string[] =>
  widgets.filter(({ type }) => type === "text").map(({ properties }) => properties.markdown);

const body = bodyOf(template);
const metricWidgets = body.widgets.filter(({ type }) => type === "metric");
const text = JSON.stringify(body);

const widgetOf = (title: string) => metricWidgets.find(({ properties }) => properties.title === title);

interface Expression {
  readonly label: string;
  readonly expression: string;
}

/** A widget's lines that are calculated, as the template has them. */
const expressionsOf = (title: string): readonly Expression[] =>
  (widgetOf(title)?.properties.metrics ?? []).flatMap(([line]: readonly Partial<Expression>[]) =>
    line?.expression === undefined ? [] : [line],
  );

test("has a name of its own in each region", () => {
  expect(DashboardName).toEqual({ "Fn::Join": ["", ["OutboxRelay-", { Ref: "AWS::Region" }]] });
});

describe("the grid of 24 columns", () => {
  test("is filled row by row, with no gap and no widget over another", () => {
    let nextY = 0;
    for (const y of [...new Set(body.widgets.map((widget) => widget.y))].sort((one, other) => one - other)) {
      const widgets = body.widgets.filter((widget) => widget.y === y);
      expect(y).toBe(nextY);
      let nextX = 0;
      for (const { x, width, height } of [...widgets].sort((one, other) => one.x - other.x)) {
        expect(x).toBe(nextX);
        expect(height).toBe(widgets[0]?.height);
        nextX += width;
      }
      expect(nextX).toBe(COLUMNS);
      nextY += widgets[0]?.height ?? 0;
    }
  });

  test("begins with what answers whether anything is wrong", () => {
    const first = body.widgets.filter(({ y }) => y === body.widgets.find(({ type }) => type !== "text")?.y);
    expect(first.map(({ properties }) => properties.title)).toEqual([
      "Undelivered",
      "Oldest waits",
      "Delivered",
      "Failures",
      "Breaker",
      "Alarms",
    ]);
  });

  test("says what to do above every row of graphs, and ends with the runbook", () => {
    const texts = textsIn(body);
    expect(texts.flatMap((markdown) => /^##? (.+)/.exec(markdown)?.[1] ?? [])).toEqual([
      "OutboxRelay: is anything wrong?",
      "Throughput",
      "Latency",
      "Failures",
      "Duplicates",
      "Archive",
      "Parked",
      "Functions",
      "Cost",
      "Last failures",
      "Runbook",
    ]);
  });
});

describe("the runbook at the end", () => {
  const names = [COMPOSITE_NAME, ...ALARM_NAMES];
  const runbook = textsIn(body).slice(-names.length);

  test("has a section for each alarm that there is, the gravest first", () => {
    expect(runbook.map((markdown) => /^### (\w+)\n/.exec(markdown)?.[1])).toEqual(names);
    const own = bodyOf(synthesize({ alarms: { composite: false }, target: { kind: "sqs" } }));
    const sections = textsIn(own).flatMap((markdown) => /^### (\w+)\n/.exec(markdown)?.[1] ?? []);
    const elsewhere = [
      "OldestForeignAge",
      "TargetUnverified",
      "UnprotectedBuses",
      "ReceiptsMissing",
      "AuditUnaccounted",
      "AuditMissing",
    ];
    expect(sections).toEqual(ALARM_NAMES.filter((name) => !elsewhere.includes(name)));
  });

  test("says what docs/operations.md says, word by word", () => {
    const wordsOf = (markdown: string) => markdown.replace(/--stack OutboxRelay /g, "").match(/[\w'"$%:,;.]+/g) ?? [];
    const page = readFileSync(join(PACKAGE_ROOT, "docs", "operations.md"), "utf8");
    for (const markdown of runbook) {
      const [title = ""] = markdown.split("\n");
      const [, after = ""] = page.split(`\n${title}\n`);
      const [section = ""] = after.split("\n##");
      const links = /\[([^\]]*)\]\((?!https:)[^)]*\)/g;
      expect(wordsOf(markdown.slice(title.length))).toEqual(wordsOf(section.replace(links, "$1")));
    }
  });

  test("names commands that find the relay, and links to pages on the web alone", () => {
    const all = runbook.join("\n");
    expect(all.match(/npx outbox-relay/g)?.length).toBeGreaterThan(20);
    expect(all.match(/npx outbox-relay(?! --stack OutboxRelay )/g)).toBeNull();
    expect(all.match(/\]\((?!https:\/\/)/g)).toBeNull();
    expect(all).not.toContain("```");
  });

  test("is left out where a page on the web has it, which the headline then links to", () => {
    const alarms = { runbook: "https://wiki.example.com/outbox" };
    const texts = textsIn(bodyOf(synthesize({ alarms })));
    expect(texts.at(-1)).toMatch(/^## Last failures/);
    expect(texts[0]).toContain("more is in [the runbook](https://wiki.example.com/outbox).");
  });
});

describe("metrics", () => {
  test("of the catalogue are all shown, each with its dimensions", () => {
    for (const [name, { dimensions = [] }] of catalogue) {
      const shown = text.includes(`"${METRICS_NAMESPACE}","${name}"`) || text.includes(`MetricName=\\"${name}\\"`);
      expect([name, shown]).toEqual([name, true]);
      for (const dimension of dimensions) expect(text).toContain(dimension);
    }
  });

  test("are not shown unless they are in the catalogue", () => {
    const named = [...text.matchAll(new RegExp(`\\["${METRICS_NAMESPACE}","(\\w+)"`, "g"))].map(
      ([, name]) => name ?? "",
    );
    expect(named.length).toBeGreaterThan(catalogue.length);
    expect(named.filter((name) => !Object.hasOwn(METRICS, name))).toEqual([]);
  });

  test("that are broken down by a closed set have a line for each value, and no search", () => {
    const classes = widgetOf("By class and scope")?.properties.metrics;
    expect(classes).toHaveLength(FAILURE_KINDS.length);
    expect(text.match(/SEARCH\(/g)).toHaveLength(1);
  });

  test("refuse dimensions that the catalogue does not have", () => {
    const metrics = metricsOf("orders");
    expect(() => metrics.one("EventsPublished", { dimensions: { class: "permanent" } })).toThrow(
      "EventsPublished has the dimensions (), not (class).",
    );
    expect(() => metrics.one("PublishFailures")).toThrow("PublishFailures has the dimensions (class,scope), not ().");
  });

  test("keep their period at every zoom", () => {
    expect(body.periodOverride).toBe("inherit");
  });
});

test("a variable selects the relay by its heartbeat", () => {
  expect(body.variables).toEqual([
    {
      type: "property",
      property: "service",
      inputType: "select",
      id: "relay",
      label: "Relay",
      defaultValue: "OutboxRelay",
      visible: true,
      search: '{OutboxRelay,service} MetricName="RequeuerHeartbeat"',
      populateFrom: "service",
    },
  ]);
});

test("tables ask both functions' logs for lines that the code writes", () => {
  const tables = body.widgets.filter(({ type }) => type === "log");
  expect(tables).toHaveLength(4);
  for (const { properties } of tables) {
    expect(properties.query).toMatch(
      /^SOURCE '\{'Ref':'RelayLogs\w+'\}' \| SOURCE '\{'Ref':'RelayRequeuerLogs\w+'\}' \| /,
    );
    expect(properties.view).toBe("table");
    expect(properties.query).not.toMatch(/\b(data|json|body|payload)\b/);
  }
  expect(text).toContain(LOG_MESSAGES.parked);
});

test("duplicates of a million have a line for each cause, whose number is right", () => {
  const shown = expressionsOf("Possible duplicates of a million delivered events, by cause");
  expect(shown.map(({ label }) => label)).toEqual(DIMENSIONS.cause.values);
  for (const { label, expression } of shown) {
    const rate = new Function(label.replaceAll("-", "_"), "events", "FILL", `return ${expression}`);
    expect(rate(3, 60_000, (value: number) => value)).toBe(50);
  }
});

test("the cost of an hour's checks is told for each who bills a management event", () => {
  const title = "Cost of an hour's checks of the bus, at this rate";
  // A check for each of 1,200 invocations in five minutes: four polls a second.
  const costs = expressionsOf(title).map(({ expression }) =>
    new Function("checks", "FILL", `return ${expression}`)(1_200, (value: number) => value),
  );
  expect(costs).toEqual([expect.closeTo(14_400 * (4 / 1e6), 9), expect.closeTo(14_400 * (20 / 1e6), 9)]);
  expect(JSON.stringify(widgetOf(title))).toContain("ExistenceChecks");
});

test("the cost of an hour adds up invocations, time and deletes", () => {
  const [{ expression } = {}] = expressionsOf("Cost of an hour, at this rate");
  const cost = new Function(
    "relay_calls",
    "requeuer_calls",
    "relay_ms",
    "requeuer_ms",
    "events",
    `return ${expression}`,
  );
  // In five minutes: a million events by 1,000 invocations of 200 ms at 1 GB, and 60 runs of the requeuer of 50 ms.
  const seconds = (1_000 * 200 + 60 * 50) / 1_000;
  expect(cost(1_000, 60, 200_000, 3_000, 1_000_000)).toBeCloseTo(
    12 * (1_060 * PRICES.invocation + seconds * PRICES.gigabyteSecond + 0.625),
    5,
  );
});
