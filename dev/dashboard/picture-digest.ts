import { createHash } from "node:crypto";
import type { Template } from "../../lib/cloudwatch/template.ts";

/** The keyword of the PNG's text chunk that holds the digest. */
const KEYWORD = "dashboard";
const SIGNATURE_BYTES = 8;
/** Length and type before a chunk's data, a checksum behind it. */
const CHUNK_HEAD_BYTES = 8;
const CHECKSUM_BYTES = 4;

/** Identifies a version of the synthesized dashboard. */
export function dashboardDigest({ Resources }: Template): string {
  const dashboards = Object.values(Resources).filter(({ Type }) => Type === "AWS::CloudWatch::Dashboard");
  return createHash("sha256")
    .update(JSON.stringify(dashboards.map(({ Properties }) => Properties?.["DashboardBody"])))
    .digest("hex");
}

/** Writes the digest into a PNG, so that a test can tell whether the picture shows the current version. */
export function withDigest(png: Buffer, digest: string): Buffer {
  const data = Buffer.from(`tEXt${KEYWORD}\0${digest}`, "latin1");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length - 4);
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeUInt32BE(crc32(data));
  const head = endOfChunk(png, SIGNATURE_BYTES);
  return Buffer.concat([png.subarray(0, head), length, data, checksum, png.subarray(head)]);
}

/** The digest in a PNG; undefined if it has none. */
export function digestIn(png: Buffer): string | undefined {
  for (let at = SIGNATURE_BYTES; at < png.length; at = endOfChunk(png, at)) {
    const data = png.subarray(at + 4, endOfChunk(png, at) - CHECKSUM_BYTES).toString("latin1");
    if (data.startsWith(`tEXt${KEYWORD}\0`)) return data.slice(data.indexOf("\0") + 1);
  }
  return undefined;
}

const endOfChunk = (png: Buffer, at: number): number => at + CHUNK_HEAD_BYTES + png.readUInt32BE(at) + CHECKSUM_BYTES;

/** The checksum of PNG chunks. node:zlib has one from Node 22 on. */
function crc32(data: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of data) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}
