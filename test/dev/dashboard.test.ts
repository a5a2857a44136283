import { describe, expect, it } from "vitest";
import {
  concurrencySamples,
  type InvocationLog,
  ownSamples,
  platformSamples,
} from "../../dev/dashboard/invocation-logs.ts";
import { readDashboardCommand } from "../../dev/dashboard/options.ts";
import { formatTime, formatValue } from "../../dev/dashboard/page/format.ts";
import { functionsByLogGroup } from "../../dev/dashboard/stack-template.ts";

const EMF = JSON.stringify({
  _aws: {
    Timestamp: 5_000,
    CloudWatchMetrics: [{ Namespace: "OutboxRelay", Dimensions: [["service"]], Metrics: [{ Name: "StreamDelay" }] }],
  },
  service: "orders",
  StreamDelay: [700],
});

function invocation(endMs: number, durationMs: number, ...written: readonly string[]): InvocationLog {
  const messages = [
    "START RequestId: 1 Version: $LATEST",
    ...written,
    "END RequestId: 1",
    `REPORT RequestId: 1\tDuration: ${durationMs} ms\tBilled Duration: ${durationMs} ms`,
  ];
  return { functionName: "relay", lines: messages.map((message) => ({ atMs: endMs, message })) };
}

const told = (samples: ReturnType<typeof platformSamples>) =>
  samples.map(({ metric, atMs, values }) => [metric.name, atMs, ...values]);

describe("an invocation's log", () => {
  it("tells what Lambda would: that it ran, how long, and whether it crashed", () => {
    expect(told(platformSamples(invocation(9_000, 40, EMF)))).toEqual([
      ["Invocations", 9_000, 1],
      ["Duration", 9_000, 40],
      ["Errors", 9_000, 0],
    ]);
    expect(told(platformSamples(invocation(9_000, 40, EMF, "Task timed out after 15.00 seconds")))[2]).toEqual([
      "Errors",
      9_000,
      1,
    ]);
    expect(platformSamples({ functionName: "relay", lines: [{ atMs: 1, message: EMF }] })).toEqual([]);
  });

  it("tells the relay's own metrics, and the iterator age by how late its records came", () => {
    expect(told(ownSamples(invocation(9_000, 40, EMF)))).toEqual([
      ["StreamDelay", 5_000, 700],
      ["IteratorAge", 5_000, 700],
    ]);
    expect(told(ownSamples(invocation(9_000, 40, EMF), 60_000))[1]).toEqual(["IteratorAge", 60_000, 700]);
  });

  it("tells how many ran at once", () => {
    const logs = [invocation(1_000, 500), invocation(1_200, 300), invocation(3_000, 100)];
    expect(told(concurrencySamples(logs))).toEqual([
      ["ConcurrentExecutions", 500, 1],
      ["ConcurrentExecutions", 900, 2],
      ["ConcurrentExecutions", 2_900, 1],
    ]);
  });
});

describe("the template", () => {
  it("says which function writes to which log group", () => {
    const template = {
      Resources: {
        RelayFn: { Type: "AWS::Lambda::Function", Properties: { LoggingConfig: { LogGroup: { Ref: "RelayLogs" } } } },
        RelayLogs: { Type: "AWS::Logs::LogGroup" },
      },
    };
    const references = { physicalId: (id: string) => `deployed-${id}`, region: "us-east-1", account: "000000000000" };
    expect([...functionsByLogGroup(template, references)]).toEqual([["deployed-RelayLogs", "deployed-RelayFn"]]);
  });
});

describe("the command line of npm run dashboard", () => {
  it.each([
    [[], { kind: "run", options: {} }],
    [["--picture", "a.png"], { kind: "run", options: { picture: "a.png" } }],
    [["--help"], { kind: "help" }],
    [
      ["--picture", "a.jpg"],
      { kind: "refused", message: '--picture is "a.jpg": it must be a file that ends in .png.' },
    ],
    [["--port", "80"], { kind: "refused", message: "Unknown option '--port'; --help lists the options." }],
  ])("%j", (args, expected) => {
    expect(readDashboardCommand(args)).toEqual(expected);
  });
});

describe("numbers on the page", () => {
  it.each([
    [undefined, "–"],
    [0, "0"],
    [7, "7"],
    [0.000_123_4, "0.00012"],
    [85.46, "85.5"],
    [843.7, "844"],
    [12_000, "12k"],
    [1_234_567, "1.2M"],
  ])("%s is %s", (value, text) => {
    expect(formatValue(value)).toBe(text);
  });

  it("times are of the day", () => {
    expect(formatTime(Date.parse("2026-01-31T10:31:20.900Z"))).toBe("10:31:20");
  });
});
