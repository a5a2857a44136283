import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { type AttributeValue, QueryCommand, type QueryCommandInput } from "@aws-sdk/client-dynamodb";
import {
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  S3Client,
} from "@aws-sdk/client-s3";
import { sdkStreamMixin } from "@smithy/core/serde";
import { afterEach, describe, expect, it } from "vitest";
import { archiveKey } from "../../lib/contract/archive/archive-key.ts";
import { type ArchiveLine, encodeLine } from "../../lib/contract/archive/archive-line.ts";
import { serviceError } from "../aws/fixtures.ts";
import { mockClient } from "../setup/mocked-clients.ts";
import { contextWith, endOfWorld, handlerWorld, metricIn } from "./handler-world.ts";

const s3 = mockClient(S3Client);
afterEach(() => {
  endOfWorld();
  s3.reset();
});

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const VARIABLES = {
  OUTBOX_RELAY_ARCHIVE: JSON.stringify({ bucket: "receipts", payload: false, journal: "journal" }),
  OUTBOX_RELAY_AUDIT: JSON.stringify({ windowHours: 25 }),
};

/** The audit's handler over an archive, a table and a journal. The world's clock begins at midnight. */
async function auditedWorld() {
  const world = handlerWorld();
  const bucket = new Map<string, Buffer>();
  const journal: Record<string, AttributeValue>[] = [];
  s3.on(GetBucketLifecycleConfigurationCommand).resolves({});
  s3.on(ListObjectsV2Command).callsFake(({ Prefix = "", StartAfter = "" }: ListObjectsV2CommandInput) => ({
    Contents: [...bucket]
      .filter(([key]) => key.startsWith(Prefix) && key > StartAfter)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([Key, { length }]) => ({ Key, Size: length })),
  }));
  s3.on(GetObjectCommand).callsFake(({ Key = "" }) => ({
    Body: sdkStreamMixin(Readable.from([bucket.get(Key) ?? Buffer.of()])),
  }));
  world.dynamo.on(QueryCommand).callsFake(({ TableName, ExpressionAttributeValues = {} }: QueryCommandInput) => {
    const partition = Object.values(ExpressionAttributeValues)[0]?.S;
    return { Items: TableName === "journal" ? journal.filter(({ pk }) => pk?.S === partition) : [] };
  });
  let number = 0;
  function keep(...lines: readonly ArchiveLine[]): void {
    number += 1;
    const writtenAtMs = Math.max(...lines.map(({ atMs }) => atMs));
    const text = lines.map((line, index) => `${encodeLine(line, `p-${number}-${index}`)}\n`).join("");
    bucket.set(archiveKey({ relayName: "orders-relay", writtenAtMs, process: "p", number }), gzipSync(text));
  }
  const { handler } = await world.start(() => import("../../lambdas/audit.ts"), VARIABLES);
  const nowMs = world.clock.now();
  const met = (id: string, atMs = nowMs - HOUR_MS): ArchiveLine => ({
    ...{ line: "met", atMs, id, pk: id, sk: "1", type: "order.placed" },
  });
  const receipt = (id: string, atMs = nowMs - HOUR_MS): ArchiveLine => ({
    ...{ line: "receipt", atMs, id, pk: id, sk: "1", type: "order.placed", role: "relay", attempts: 1 },
  });
  const run = (remainingMs = 15 * MINUTE_MS) => handler({}, contextWith(remainingMs, world.clock));
  const logged = () =>
    world.output
      .join("")
      .split("\n")
      .flatMap((line) => (line.includes('"message"') ? [JSON.parse(line) as Readonly<Record<string, unknown>>] : []));
  return { ...world, bucket, journal, keep, met, receipt, run, logged, nowMs };
}

describe("the function that audits", () => {
  it("tells that it ran and that all is accounted for, over a table in which events wait", async () => {
    const { keep, met, receipt, run, write, output } = await auditedWorld();
    keep(met("a"), met("b"), receipt("a"));
    write("b");
    expect(await run()).toEqual({ accountedFor: true, met: 2, removed: 0, unaccounted: 0 });
    expect(metricIn(output, "AuditRuns")).toEqual([1]);
    expect(metricIn(output, "AuditUnaccounted")).toEqual([0]);
    expect(metricIn(output, "AuditRemoved")).toEqual([0]);
  });

  it("finds an event whose row somebody deleted, and logs its id and type, the hash of its key, and nothing else of it", async () => {
    const { keep, met, receipt, run, output, logged, nowMs } = await auditedWorld();
    // An archive that was switched on later could not tell.
    keep(receipt("before", nowMs - 26 * HOUR_MS));
    keep(met("a"), { ...met("b"), pk: "customer-4711" });
    expect(await run()).toEqual({ accountedFor: false, met: 2, removed: 2, unaccounted: 2 });
    expect(metricIn(output, "AuditRemoved")).toEqual([2]);
    const named = logged().filter(({ message }) => message === "Audit: an event is not accounted for");
    expect(named.map(({ id }) => id).sort()).toEqual(["a", "b"]);
    expect(named[0]).toMatchObject({
      level: "WARN",
      type: "order.placed",
      state: "removed",
      keyHash: expect.any(String),
    });
    expect(output.join("")).not.toContain("customer-4711");
  });

  it("leaves out what is not in its window: the last moments, and what is older", async () => {
    const { keep, met, run, nowMs } = await auditedWorld();
    keep(met("late", nowMs - MINUTE_MS));
    keep(met("old", nowMs - 26 * HOUR_MS));
    expect(await run()).toMatchObject({ accountedFor: true, met: 0 });
  });

  it("takes a note of missing lines for what it is", async () => {
    const { journal, run, nowMs, output } = await auditedWorld();
    journal.push({ pk: { S: "archive-gap" }, sk: { S: new Date(nowMs - 2 * HOUR_MS).toISOString() } });
    expect(await run()).toMatchObject({ accountedFor: false, met: 0, unaccounted: 1 });
    expect(metricIn(output, "AuditUnaccounted")).toEqual([1]);
  });

  it("fails where the bucket is closed to it, names the error, and tells no run", async () => {
    const { run, output, logged } = await auditedWorld();
    s3.on(ListObjectsV2Command).rejects(serviceError("AccessDenied", 403));
    await expect(run()).rejects.toThrow("s3:ListBucket on the bucket receipts");
    expect(metricIn(output, "AuditRuns")).toEqual([]);
    expect(logged()).toContainEqual(
      expect.objectContaining({ level: "ERROR", message: "The audit did not come to its end", error: "AccessDenied" }),
    );
  });

  it("fails once its time is over, and says what helps", async () => {
    const { keep, met, run, output, logged } = await auditedWorld();
    keep(met("a"));
    await expect(run(10_000)).rejects.toThrow("stopped");
    expect(metricIn(output, "AuditRuns")).toEqual([]);
    expect(logged()).toContainEqual(
      expect.objectContaining({ error: "AuditStopped", why: expect.stringContaining("its time is over") }),
    );
  });

  it("asks for nothing that writes", async () => {
    const { keep, met, run, dynamo } = await auditedWorld();
    keep(met("a"));
    await run();
    const asked = [...dynamo.calls(), ...s3.calls()].map(({ args }) => args[0].constructor.name);
    expect([...new Set(asked)].sort()).toEqual([
      "GetBucketLifecycleConfigurationCommand",
      "GetObjectCommand",
      "ListObjectsV2Command",
      "QueryCommand",
      "ScanCommand",
    ]);
  });

  it("does not start without an archive", async () => {
    const world = handlerWorld();
    await expect(world.start(() => import("../../lambdas/audit.ts"), { OUTBOX_RELAY_AUDIT: "{}" })).rejects.toThrow(
      "OUTBOX_RELAY_ARCHIVE is not set",
    );
  });
});
