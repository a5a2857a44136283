import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import {
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { sdkStreamMixin } from "@smithy/core/serde";
import { archiveKey } from "../../../lib/contract/archive/archive-key.ts";
import { type ArchiveLine, encodeLine } from "../../../lib/contract/archive/archive-line.ts";
import { mockClient } from "../../setup/mocked-clients.ts";

/** The archive of the relay `orders` in a bucket, behind the SDK's own client. */
export class MockedArchive {
  readonly s3 = mockClient(S3Client);
  readonly objects = new Map<string, Buffer>();
  /** How long the bucket keeps objects. */
  keptDays: number | undefined;

  reset(): void {
    this.s3.reset();
    this.objects.clear();
    this.keptDays = undefined;
    this.s3.on(ListObjectsV2Command).callsFake(({ Prefix = "", StartAfter = "" }) => ({
      Contents: [...this.objects.keys()]
        .sort()
        .filter((key) => key.startsWith(Prefix) && key > StartAfter)
        .map((Key) => ({ Key, Size: 1 })),
    }));
    this.s3.on(GetObjectCommand).callsFake(({ Key = "" }) => ({
      Body: sdkStreamMixin(Readable.from([this.objects.get(Key) ?? Buffer.alloc(0)])),
    }));
    this.s3.on(GetBucketLifecycleConfigurationCommand).callsFake(() => ({
      Rules: this.keptDays === undefined ? [] : [{ Status: "Enabled", Expiration: { Days: this.keptDays } }],
    }));
  }

  /** Writes an object of these lines. Without any it holds one of another time. */
  keep(writtenAtMs: number, lines: readonly ArchiveLine[]): void {
    const number = this.objects.size + 1;
    const kept = lines.length > 0 ? lines : [FILLER];
    const text = kept.map((line, index) => `${encodeLine(line, `p-${number}-${index}`)}\n`).join("");
    this.put(writtenAtMs, gzipSync(text));
  }

  /** Writes an object of any bytes. */
  put(writtenAtMs: number, bytes: Buffer): void {
    this.objects.set(
      archiveKey({ relayName: "orders", writtenAtMs, process: "p", number: this.objects.size + 1 }),
      bytes,
    );
  }
}

const FILLER: ArchiveLine = {
  ...{ line: "receipt", atMs: 0, role: "relay", attempts: 1 },
  ...{ id: "filler", pk: "filler", sk: "1", type: "order.placed" },
};
