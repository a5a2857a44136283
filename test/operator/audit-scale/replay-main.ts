import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { S3Client } from "@aws-sdk/client-s3";
import { systemClock } from "../../../lib/aws/system.ts";
import { outliveReader } from "../../../lib/local/closed-output.ts";
import { s3ArchiveReader } from "../../../lib/operator/aws/audit/archive-reader.ts";
import { withSpillFile } from "../../../lib/operator/aws/audit/spill-file.ts";
import { replayedId } from "../../../lib/operator/aws/replay/new-id.ts";
import { outcomeCounts } from "../../../lib/operator/core/act.ts";
import { gather } from "../../../lib/operator/core/replay/gathering.ts";
import { type ReplayOutcome, replay } from "../../../lib/operator/core/replay/replay.ts";
import type { ReplayPorts } from "../../../lib/operator/core/replay/replay-ports.ts";
import type { ReplayRequest } from "../../../lib/operator/core/replay/replay-request.ts";
import { survey } from "../../../lib/operator/core/replay/survey.ts";
import { DAY_FROM_MS, DAY_TO_MS, expectedCounts, type MadeArchive, RELAY } from "./made-archive.ts";

/**
 * Measures the replay of a day, up to the put of its last row, which goes nowhere: `npm run replay:scale -- --receipts 1000000`.
 * Fails where it takes more memory than is promised, or puts another number of events than was acknowledged.
 */
const MOST_MB = 512;

const { values } = parseArgs({
  options: {
    receipts: { type: "string", default: "1000000" },
    "per-object": { type: "string", default: "500" },
    payload: { type: "string", default: "1024" },
  },
});
const archive: MadeArchive = {
  events: Number(values.receipts),
  eventsPerObject: Number(values["per-object"]),
  payload: Number(values.payload),
};
const request: ReplayRequest = {
  window: { fromMs: DAY_FROM_MS, toMs: DAY_TO_MS },
  ...{ filter: {}, ids: "new", skipBusyKeys: false },
};
const options = {
  ...{ replayId: "r1", request, destinations: [{ address: "orders-bus", names: [] }] as const, keepsOrder: true },
  positions: new Map(),
  onProgress: () => undefined,
};

outliveReader();
const server: ChildProcess = fork(new URL("./serve.ts", import.meta.url), [JSON.stringify(archive)]);
try {
  const [port] = (await once(server, "message")) as [number];
  const s3 = new S3Client({
    ...{ endpoint: `http://127.0.0.1:${port}`, region: "us-east-1", forcePathStyle: true },
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const stopped = () => false;
  const beganMs = performance.now();
  const secondsSince = () => Math.round((performance.now() - beganMs) / 1_000);
  await withSpillFile(async (spill) => {
    const ports: ReplayPorts = {
      ...{ spill, stopped, clock: systemClock, newId: replayedId },
      archive: s3ArchiveReader({ s3, bucket: "archive", relayName: RELAY, stopped }),
      gaps: { hours: async () => [] },
      table: {
        scan: async () => ({ rows: [], parkedKeys: [] }),
        hasItems: async () => false,
      },
      journal: { aside: async () => ({ events: [] }) },
      rows: { positions: async () => new Map(), put: async () => "put" },
    };
    await gather(ports, request, () => undefined);
    const gatheredSeconds = secondsSince();
    const { put } = await survey(ports, options);
    const countedSeconds = secondsSince();
    const outcomes = outcomeCounts<ReplayOutcome>();
    await replay(ports, { ...options, eventsPerSecond: Number.POSITIVE_INFINITY }, outcomes);
    const peakMb = Math.round(process.resourceUsage().maxRSS / 1_024);
    console.log(
      `${put} events: read after ${gatheredSeconds} s, counted after ${countedSeconds} s, all rows made after ${secondsSince()} s, at most ${peakMb} MB`,
    );
    const expected = expectedCounts(archive).acknowledged;
    const isRight = put === expected && outcomes.counts().get("put") === expected;
    if (!isRight) console.error(`${expected} events were acknowledged`);
    if (peakMb > MOST_MB) console.error(`More than ${MOST_MB} MB`);
    process.exitCode = isRight && peakMb <= MOST_MB ? 0 : 1;
  });
} finally {
  server.kill();
}
