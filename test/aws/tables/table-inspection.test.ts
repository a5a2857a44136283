import { DescribeTableCommand, DescribeTimeToLiveCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterEach, describe, expect, it } from "vitest";
import { CHECK_EVERY_MS, tableInspection } from "../../../lib/aws/tables/table-inspection.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { serviceError } from "../fixtures.ts";

const mock = mockClient(DynamoDBClient);
afterEach(() => mock.reset());

interface TableState {
  /** @default those of the contract */
  readonly keys?: readonly (readonly [name: string, type: "S" | "N" | "B"])[];
  readonly view?: "NEW_IMAGE" | "NEW_AND_OLD_IMAGES" | "KEYS_ONLY" | "OLD_IMAGE";
  readonly timeToLive?: "ENABLED" | "ENABLING" | "DISABLING" | "DISABLED";
}

const CONTRACT = [
  ["pk", "S"],
  ["sk", "N"],
] as const;

function answerWith({ keys = CONTRACT, view, timeToLive }: TableState): void {
  mock.on(DescribeTableCommand).resolves({
    Table: {
      KeySchema: keys.map(([AttributeName], index) => ({ AttributeName, KeyType: index === 0 ? "HASH" : "RANGE" })),
      AttributeDefinitions: keys.map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
      ...(view === undefined ? {} : { StreamSpecification: { StreamEnabled: true, StreamViewType: view } }),
    },
  });
  mock
    .on(DescribeTimeToLiveCommand)
    .resolves(timeToLive === undefined ? {} : { TimeToLiveDescription: { TimeToLiveStatus: timeToLive } });
}

const inspectionBy = (telemetry: RecordingTelemetry, clock = new VirtualClock()) =>
  tableInspection({ client: new DynamoDBClient({ region: "us-east-1" }), tableName: "outbox", clock, telemetry });

async function inspect(state: TableState) {
  answerWith(state);
  const telemetry = new RecordingTelemetry();
  await inspectionBy(telemetry).tell();
  return telemetry;
}

describe("an inspection of the table", () => {
  it.each([
    { view: "NEW_IMAGE", timeToLive: "DISABLED" },
    { view: "NEW_AND_OLD_IMAGES", timeToLive: "DISABLED" },
    { view: "NEW_IMAGE" },
  ] as const)("is content with %j", async (state) => {
    const telemetry = await inspect(state);
    expect(telemetry.total("TableMisconfigured")).toBe(0);
    expect(telemetry.logs).toEqual([]);
  });

  it.each(["KEYS_ONLY", "OLD_IMAGE"] as const)("finds the view type %s", async (view) => {
    const telemetry = await inspect({ view });
    expect(telemetry.total("TableMisconfigured")).toBe(1);
    expect(telemetry.logs).toMatchObject([
      {
        level: "error",
        message: expect.stringContaining(`its stream's view type is ${view}. It must be NEW_IMAGE or`),
      },
    ]);
  });

  it("finds a table without a stream", async () => {
    expect((await inspect({})).logs).toMatchObject([
      { message: expect.stringContaining("it has no stream. It must have one") },
    ]);
  });

  it.each(["ENABLED", "ENABLING", "DISABLING"] as const)("finds time to live that is %s", async (timeToLive) => {
    const telemetry = await inspect({ view: "NEW_IMAGE", timeToLive });
    expect(telemetry.total("TableMisconfigured")).toBe(1);
    expect(telemetry.logs).toMatchObject([
      { level: "error", message: expect.stringContaining(`its time to live is ${timeToLive}. It deletes rows`) },
    ]);
  });

  it.each([
    [
      [
        ["pk", "S"],
        ["sk", "S"],
      ],
      "its keys are pk (S) and sk (S). They must be pk (S) and sk (N)",
    ],
    [[["pk", "S"]], "its keys are pk (S). They must"],
    [
      [
        ["id", "S"],
        ["sk", "N"],
      ],
      "its keys are id (S) and sk (N)",
    ],
    [
      [
        ["pk", "B"],
        ["sk", "N"],
      ],
      "its keys are pk (B) and sk (N)",
    ],
    [
      [
        ["sk", "N"],
        ["pk", "S"],
      ],
      "its keys are sk (N) and pk (S)",
    ],
  ] as const)("finds the keys %j", async (keys, message) => {
    const telemetry = await inspect({ keys, view: "NEW_IMAGE" });
    expect(telemetry.total("TableMisconfigured")).toBe(1);
    expect(telemetry.logs).toMatchObject([{ level: "error", message: expect.stringContaining(message) }]);
  });

  it("counts each finding", async () => {
    expect((await inspect({ view: "KEYS_ONLY", timeToLive: "ENABLED" })).total("TableMisconfigured")).toBe(2);
  });

  it("stops nobody when the table cannot be looked at", async () => {
    mock.on(DescribeTableCommand).rejects(serviceError("AccessDeniedException"));
    mock.on(DescribeTimeToLiveCommand).resolves({});
    const telemetry = new RecordingTelemetry();
    await inspectionBy(telemetry).tell();
    expect(telemetry.logs).toMatchObject([
      { level: "warn", fields: { table: "outbox", error: "AccessDeniedException" } },
    ]);
  });

  it("tells in each run what it found, logs it once, and looks again after a while, so that a repair is seen", async () => {
    answerWith({ view: "NEW_IMAGE", timeToLive: "ENABLED" });
    const telemetry = new RecordingTelemetry();
    const clock = new VirtualClock();
    const inspection = inspectionBy(telemetry, clock);
    for (let run = 0; run < 3; run += 1) await inspection.tell();
    expect(telemetry.total("TableMisconfigured")).toBe(3);
    expect(telemetry.logs).toHaveLength(1);
    answerWith({ view: "NEW_IMAGE", timeToLive: "DISABLED" });
    clock.skip(CHECK_EVERY_MS - 1);
    await inspection.tell();
    expect(telemetry.total("TableMisconfigured")).toBe(4);
    clock.skip(1);
    await inspection.tell();
    expect(telemetry.total("TableMisconfigured")).toBe(4);
    expect(mock.commandCalls(DescribeTimeToLiveCommand)).toHaveLength(2);
  });

  it("tells nothing while nobody knows, so that the alarm stays as it is", async () => {
    mock.on(DescribeTableCommand).rejects(serviceError("ThrottlingException"));
    mock.on(DescribeTimeToLiveCommand).resolves({});
    const told: string[] = [];
    const telemetry = new RecordingTelemetry();
    telemetry.count = (name) => void told.push(name);
    await inspectionBy(telemetry).tell();
    expect(told).toEqual([]);
  });
});
