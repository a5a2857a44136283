import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { S3Client } from "@aws-sdk/client-s3";
import { systemClock } from "../../../lib/aws/system.ts";
import { outliveReader } from "../../../lib/local/closed-output.ts";
import { s3ArchiveReader } from "../../../lib/operator/aws/audit/archive-reader.ts";
import { withSpillFile } from "../../../lib/operator/aws/audit/spill-file.ts";
import { audit } from "../../../lib/operator/core/audit/audit.ts";
import { shownFindings } from "../../../lib/operator/core/audit/shown-findings.ts";
import { DAY_FROM_MS, DAY_TO_MS, expectedCounts, type MadeArchive, objectCount, RELAY } from "./made-archive.ts";

/**
 * Measures the audit of a day: `npm run audit:scale -- --receipts 1000000`. Fails where it takes
 * more memory than is promised, or finds other counts than those that were made.
 */
const MOST_MB = 512;

const { values } = parseArgs({
  options: {
    receipts: { type: "string", default: "1000000" },
    "per-object": { type: "string", default: "500" },
    payload: { type: "string", default: "0" },
  },
});
const archive: MadeArchive = {
  events: Number(values.receipts),
  eventsPerObject: Number(values["per-object"]),
  payload: Number(values.payload),
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
  const found = shownFindings(50);
  const report = await withSpillFile((spill) =>
    audit(
      {
        ...{ spill, stopped, clock: systemClock },
        archive: s3ArchiveReader({ s3, bucket: "archive", relayName: RELAY, stopped }),
        gaps: { hours: async () => [] },
        table: { scan: async () => ({ rows: [], parkedKeys: [] }) },
        journal: { acts: async () => [], aside: async () => ({ events: [] }) },
      },
      {
        ...{ window: { fromMs: DAY_FROM_MS, toMs: DAY_TO_MS }, isCut: false, gapless: false, keepsOrder: false },
        onProgress: () => undefined,
      },
      found,
    ),
  );
  const seconds = Math.round((performance.now() - beganMs) / 1_000);
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1_024);
  const { met, acknowledged, removed, duplicates } = report.counts;
  console.log(
    `${met} events in ${report.objects} objects with ${report.lines} lines: ${acknowledged} acknowledged, ${duplicates} exact duplicates, ${removed} removed; ${seconds} s, at most ${peakMb} MB`,
  );
  const isRight =
    isDeepStrictEqual({ met, acknowledged, removed, duplicates }, expectedCounts(archive)) &&
    report.objects === objectCount(archive);
  if (!isRight) console.error("These are not the counts that were made:", expectedCounts(archive));
  if (peakMb > MOST_MB) console.error(`More than ${MOST_MB} MB`);
  process.exitCode = isRight && peakMb <= MOST_MB ? 0 : 1;
} finally {
  server.kill();
}
