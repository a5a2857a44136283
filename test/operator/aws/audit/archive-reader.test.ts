import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import {
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  type ListObjectsV2Command as List,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { sdkStreamMixin } from "@smithy/core/serde";
import { beforeEach, describe, expect, it } from "vitest";
import { archiveKey } from "../../../../lib/contract/archive/archive-key.ts";
import { encodeLine } from "../../../../lib/contract/archive/archive-line.ts";
import { s3ArchiveReader } from "../../../../lib/operator/aws/audit/archive-reader.ts";
import type { Unreadable } from "../../../../lib/operator/core/audit/audit-report.ts";
import { serviceError } from "../../../aws/fixtures.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";

const s3 = mockClient(S3Client);
const client = new S3Client({ region: "eu-central-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } });
const NOON_MS = Date.parse("2026-11-29T12:00:00Z");
const HOUR_MS = 3_600_000;

type Stored = Buffer | Error | (() => Readable);
let bucket: Map<string, Stored>;

const keyAt = (writtenAtMs: number, number = 1, relayName = "orders") =>
  archiveKey({ relayName, writtenAtMs, process: "p", number });
const packed = (...notes: readonly string[]) =>
  gzipSync(notes.map((note) => `${encodeLine({ line: "met", atMs: 1, pk: "k", sk: "1", id: note }, note)}\n`).join(""));

const PAGE = 3;

/** S3 as far as the reader knows it: names in order, in pages, behind a name. */
beforeEach(() => {
  s3.reset();
  bucket = new Map();
  s3.on(ListObjectsV2Command).callsFake(({ Prefix = "", StartAfter = "", ContinuationToken }: List["input"]) => {
    const names = [...bucket.keys()].filter((name) => name.startsWith(Prefix)).sort();
    const ahead = names.filter((name) => name > (ContinuationToken ?? StartAfter));
    const page = ahead.slice(0, PAGE);
    const Contents = page.map((Key) => ({ Key, Size: 1_000 }));
    return { Contents, ...(ahead.length > PAGE ? { NextContinuationToken: page.at(-1) } : {}) };
  });
  s3.on(GetObjectCommand).callsFake(({ Key = "" }) => {
    const stored = bucket.get(Key);
    if (stored === undefined) throw serviceError("NoSuchKey", 404);
    if (stored instanceof Error) throw stored;
    return { Body: sdkStreamMixin(typeof stored === "function" ? stored() : Readable.from([stored])) };
  });
});

async function read(hours = { fromMs: NOON_MS }, stopped = () => false) {
  const notes: string[] = [];
  const unreadable: Unreadable[] = [];
  const reader = s3ArchiveReader({ s3: client, bucket: "archive", relayName: "orders", stopped });
  await reader.read(hours, {
    object: (lines) => notes.push(...lines.map(({ note }) => note)),
    unreadable: (each) => unreadable.push(each),
  });
  return { notes: notes.sort(), unreadable };
}
const reader = () => s3ArchiveReader({ s3: client, bucket: "archive", relayName: "orders", stopped: () => false });

describe("the archive's objects", () => {
  it("are read from an hour on, all pages of them, up to another hour or the latest", async () => {
    for (let index = -4; index <= 20; index += 1) {
      bucket.set(keyAt(NOON_MS + (index * HOUR_MS) / 4), packed(`q${index}`));
    }
    const from = (first: number, end: number) =>
      Array.from({ length: end - first }, (_unused, index) => `q${first + index}`).sort();
    expect((await read()).notes).toEqual(from(0, 21));
    expect((await read({ fromMs: NOON_MS - HOUR_MS, untilMs: NOON_MS + HOUR_MS } as never)).notes).toEqual(from(-4, 4));
  });

  it("are this relay's alone, where two relays have one bucket", async () => {
    for (const relay of ["orders", "orders2", "order", "Orders"]) bucket.set(keyAt(NOON_MS, 1, relay), packed(relay));
    expect((await read()).notes).toEqual(["orders"]);
  });

  it("are those of the archive's layout: what else lies there is let lie", async () => {
    bucket.set(keyAt(NOON_MS), packed("own"));
    for (const other of ["README.md", "date=2026-11-29/hour=12/copy.ndjson.gz", "date=2026-11-29/_SUCCESS"]) {
      bucket.set(`relay=orders/${other}`, Buffer.from("other"));
    }
    expect(await read()).toEqual({ notes: ["own"], unreadable: [] });
  });

  it("tell when the oldest was written, if there is any", async () => {
    expect(await reader().oldestMs()).toBeUndefined();
    for (let index = 0; index < 5; index += 1) bucket.set(`relay=orders/date=2026-01-01/other${index}`, packed());
    bucket.set(keyAt(NOON_MS + 5), packed("later"));
    bucket.set(keyAt(NOON_MS + 4), packed("oldest"));
    bucket.set(keyAt(NOON_MS - HOUR_MS, 1, "other"), packed("not its own"));
    expect(await reader().oldestMs()).toBe(NOON_MS + 4);
  });

  it("are not read any more once the operator wants an end", async () => {
    for (let index = 0; index < 10; index += 1) bucket.set(keyAt(NOON_MS + index), packed(`n${index}`));
    let asked = 0;
    const { notes } = await read(undefined, () => {
      asked += 1;
      return asked > 2;
    });
    expect(notes.length).toBeLessThan(4);
  });
});

describe("an object that cannot be read", () => {
  it("is named, and the others are read", async () => {
    bucket.set(keyAt(NOON_MS, 1), packed("a"));
    bucket.set(keyAt(NOON_MS, 2), Buffer.from("not gzip"));
    bucket.set(keyAt(NOON_MS, 3), serviceError("InvalidObjectState", 403));
    bucket.set(keyAt(NOON_MS, 4), gzipSync("nonsense\n"));
    bucket.set(keyAt(NOON_MS, 5), serviceError("NoSuchKey", 404));
    bucket.set(keyAt(NOON_MS, 6), packed("b"));
    const { notes, unreadable } = await read();
    expect(notes).toEqual(["a", "b"]);
    expect(unreadable.toSorted((one, other) => (one.objectKey < other.objectKey ? -1 : 1))).toEqual([
      { objectKey: keyAt(NOON_MS, 2), why: "it does not unpack: incorrect header check", writtenAtMs: NOON_MS },
      {
        ...{ objectKey: keyAt(NOON_MS, 3), writtenAtMs: NOON_MS },
        why: "it is in a storage class that must be restored before it can be read",
      },
      { objectKey: keyAt(NOON_MS, 4), line: 1, why: "it is not JSON", writtenAtMs: NOON_MS },
      { objectKey: keyAt(NOON_MS, 5), why: "it was deleted while the audit ran", writtenAtMs: NOON_MS },
    ]);
  });

  it("is asked for again where its connection broke, for S3 has it whole", async () => {
    const whole = packed("a", "b");
    let breaks = 2;
    bucket.set(keyAt(NOON_MS), () => {
      breaks -= 1;
      if (breaks < 0) return Readable.from([whole]);
      return new Readable({
        read() {
          this.push(whole.subarray(0, 20));
          this.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" }));
        },
      });
    });
    expect(await read()).toEqual({ notes: ["a", "b"], unreadable: [] });
    breaks = 3;
    await expect(read()).rejects.toMatchObject({ kind: "failed", message: expect.stringMatching(/ECONNRESET/) });
  });
});

const forbidden = (message: string) => serviceError("AccessDenied", 403, message);
const POLICY =
  'User: arn:aws:iam::1:user/ann is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::archive" because no policy allows it';
const KEY_POLICY =
  "User: arn:aws:iam::1:user/ann is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-central-1:1:key/k because no policy allows it";

describe("a bucket that cannot be read is explained to a person", () => {
  it.each([
    [
      "that is gone",
      serviceError("NoSuchBucket", 404),
      "not-found",
      /^The bucket archive, in which the relay keeps its archive, does not exist: .*revert-drift/,
    ],
    [
      "without permission",
      forbidden(POLICY),
      "not-allowed",
      /^You lack the permission s3:ListBucket on arn:aws:s3:::archive: .*grantInspect/,
    ],
    [
      "of another account",
      forbidden("Access Denied"),
      "not-allowed",
      /^You lack the permission s3:ListBucket on the bucket archive: .*grantInspect/,
    ],
    [
      "of another region",
      Object.assign(serviceError("PermanentRedirect", 301), {
        $response: { headers: { "x-amz-bucket-region": "us-west-2" } },
      }),
      "failed",
      /^The bucket archive is not in eu-central-1, where the relay is, but in us-west-2: .*Give `archive.bucket` a bucket in eu-central-1/,
    ],
    [
      "of another region, by a wrong signature",
      serviceError("AuthorizationHeaderMalformed", 400, "the region 'eu-central-1' is wrong; expecting 'eu-west-1'"),
      "failed",
      /but in eu-west-1:/,
    ],
    ["of another region that is not told", serviceError("PermanentRedirect", 301), "failed", /but in another region:/],
    [
      "that is throttled for long",
      serviceError("SlowDown", 503, "reduce your rate"),
      "failed",
      /^AWS refused a call \(SlowDown\): reduce your rate/,
    ],
  ])("one %s", async (_what, error, kind, message) => {
    s3.on(ListObjectsV2Command).rejects(error);
    for (const asked of [() => read(), () => reader().oldestMs()]) {
      await expect(asked()).rejects.toMatchObject({
        name: "OperatorError",
        kind,
        message: expect.stringMatching(message),
      });
    }
  });

  it.each([
    [
      "objects may not be read",
      forbidden("Access Denied"),
      /^You lack the permission s3:GetObject on archive\/relay=orders/,
    ],
    ["a key may not be used", forbidden(KEY_POLICY), /^You lack the permission kms:Decrypt on arn:aws:kms/],
  ])("one whose %s", async (_what, error, message) => {
    bucket.set(keyAt(NOON_MS), error);
    await expect(read()).rejects.toMatchObject({ kind: "not-allowed", message: expect.stringMatching(message) });
  });

  it("but one whose lifecycle may not be read is read all the same", async () => {
    s3.on(GetBucketLifecycleConfigurationCommand).rejects(forbidden("Access Denied"));
    expect(await reader().kept()).toEqual({ kind: "unknown" });
    s3.on(GetBucketLifecycleConfigurationCommand).rejects(serviceError("NoSuchBucket", 404));
    await expect(reader().kept()).rejects.toMatchObject({ kind: "not-found" });
  });
});
