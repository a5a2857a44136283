import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterEach, describe, expect, it } from "vitest";
import { decodeLine } from "../../lib/contract/archive/archive-line.ts";
import { serviceError } from "../aws/fixtures.ts";
import { eventually } from "../setup/eventually.ts";
import { mockClient } from "../setup/mocked-clients.ts";
import { contextWith, endOfWorld, handlerWorld, metricIn } from "./handler-world.ts";

const s3 = mockClient(S3Client);
afterEach(async () => {
  // What is still being packed is told of in this world, and not in the next one.
  await sleep(50);
  endOfWorld();
  s3.reset();
});

const DONE = { batchItemFailures: [] };
const ARCHIVE = { OUTBOX_RELAY_ARCHIVE: JSON.stringify({ bucket: "receipts", payload: true, journal: "journal" }) };

async function archivedWorld() {
  const world = handlerWorld();
  s3.on(PutObjectCommand).resolves({});
  const { handler } = await world.start(() => import("../../lambdas/relay.ts"), ARCHIVE);
  /** S3's client is loaded and lines are packed in a time that the world's clock does not know, so they come when they come. */
  async function deliver(...ids: readonly string[]) {
    const answer = await handler({ Records: ids.map((id) => world.write(id)) }, contextWith(60_000, world.clock));
    await eventually(
      "S3 is asked",
      () => s3.commandCalls(PutObjectCommand).length > 0,
      () => "It is not.",
    );
    return answer;
  }
  const lines = () =>
    s3
      .commandCalls(PutObjectCommand)
      .flatMap(({ args }) =>
        gunzipSync(args[0].input.Body as Buffer)
          .toString("utf8")
          .trimEnd()
          .split("\n"),
      )
      .map((text) => decodeLine(text));
  const noted = () =>
    world.dynamo
      .commandCalls(UpdateItemCommand)
      .map(({ args }) => args[0].input)
      .filter(({ TableName }) => TableName === "journal");
  return { ...world, deliver, lines, noted };
}

it("a relay without an archive asks S3 for nothing", async () => {
  const world = handlerWorld();
  const { handler } = await world.start(() => import("../../lambdas/relay.ts"));
  expect(await handler({ Records: [world.write("a")] }, contextWith(60_000, world.clock))).toEqual(DONE);
  expect(s3.calls()).toEqual([]);
});

describe("a relay with an archive", () => {
  it("keeps what it met, and the receipt of each event whole", async () => {
    const { deliver, lines, rows } = await archivedWorld();
    expect(await deliver("a", "b")).toEqual(DONE);
    expect(rows.size).toBe(0);
    await eventually(
      "all four lines are kept",
      () => lines().length >= 4,
      () => JSON.stringify(lines()),
    );
    const kept = lines().map(({ line }) => line);
    for (const id of ["a", "b"]) {
      expect(kept).toContainEqual(expect.objectContaining({ line: "met", id, destination: "orders" }));
      const target = { eventId: `acknowledged-${id}` };
      expect(kept).toContainEqual(expect.objectContaining({ line: "receipt", id, role: "relay", target }));
    }
    const receipts = kept.flatMap((line) => (line.line === "receipt" ? [line.event] : []));
    expect(receipts.map((event) => JSON.parse(event ?? "").data)).toEqual([{ total: 7 }, { total: 7 }]);
  });

  it("delivers all the same while S3 refuses, and has it noted first that receipts may be missing", async () => {
    const { deliver, noted, rows, delivered, output } = await archivedWorld();
    s3.on(PutObjectCommand).rejects(serviceError("AccessDenied", 403));
    expect(await deliver("a", "b")).toEqual(DONE);
    expect(delivered).toEqual(["a", "b"]);
    expect(rows.size).toBe(0);
    expect(noted().map(({ Key }) => Key?.["sk"]?.S)).toContain("2026-01-01T00:00:00.000Z");
    expect(metricIn(output, "ReceiptsMissing").length).toBeGreaterThan(0);
    expect(output.join("")).toContain("AccessDenied");
  });

  it("keeps the rows while neither S3 nor the journal takes anything, does not hold up the stream, and deletes them then", async () => {
    const { deliver, dynamo, rows, delivered } = await archivedWorld();
    s3.on(PutObjectCommand).rejects(serviceError("AccessDenied", 403));
    dynamo.on(UpdateItemCommand).rejects(serviceError("AccessDeniedException"));
    expect(await deliver("a", "b")).toEqual(DONE);
    expect(delivered).toEqual(["a", "b"]);
    expect([...rows.keys()]).toEqual(["a", "b"]);
    dynamo.on(UpdateItemCommand).resolves({});
    expect(await deliver("c")).toEqual(DONE);
    expect(delivered).toEqual(["a", "b", "c"]);
    expect(rows.size).toBe(0);
  });
});
