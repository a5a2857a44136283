import type { Readable } from "node:stream";
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { hourPrefix, readArchiveKey, relayPrefix } from "../../../contract/archive/archive-key.ts";
import { boundedMap, semaphore } from "../../../core/parallel.ts";
import type { ArchiveReader, ArchiveVisitor } from "../../core/audit/audit-ports.ts";
import { OperatorError } from "../operator-error.ts";
import { bucketError, objectFault } from "./archive-errors.ts";
import { keptFor } from "./lifecycle.ts";
import { CorruptObject, type ObjectLines, objectLines } from "./object-lines.ts";

export interface ArchiveReaderOptions {
  readonly s3: S3Client;
  readonly bucket: string;
  /** A bucket may hold the archives of several relays. */
  readonly relayName: string;
  readonly stopped: () => boolean;
}

/** Objects at once: a busy relay writes many small ones. The SDK has 50 connections. */
const WIDTH = 40;
/** Of large ones fewer, for each is in memory, unpacked, until its end is known to be well. */
const LARGE_WIDTH = 4;
const LARGE_BYTES = 200_000;
/** A connection may break while an object comes. */
const TRIES = 3;

interface FoundObject {
  readonly key: string;
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly writtenAtMs: number;
}

/** The archive of one relay in its bucket. Objects whose names are not of the archive's layout are somebody else's. */
export function s3ArchiveReader({ s3, bucket, relayName, stopped }: ArchiveReaderOptions): ArchiveReader {
  /** Pages of the relay's objects from a name on, which is by the time of writing. */
  async function* pages(after: string): AsyncGenerator<readonly FoundObject[]> {
    let from: string | undefined;
    do {
      const page = await explained(
        s3.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: relayPrefix(relayName),
            ...(from === undefined ? { StartAfter: after } : { ContinuationToken: from }),
          }),
        ),
      );
      yield (page.Contents ?? []).flatMap(({ Key: key = "", Size: bytes = 0 }) => {
        const name = readArchiveKey(key);
        return name === undefined ? [] : [{ key, bytes, writtenAtMs: name.writtenAtMs }];
      });
      from = page.NextContinuationToken;
    } while (from !== undefined && !stopped());
  }

  const explained = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    try {
      return await answer;
    } catch (error) {
      throw await bucketError(error, s3, bucket);
    }
  };

  async function read(key: string, wantsEvent: ArchiveVisitor["wantsEvent"], tries = TRIES): Promise<ObjectLines> {
    const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    try {
      return await objectLines(body as Readable, wantsEvent);
    } catch (error) {
      // S3 has the object whole: what breaks off on its way is asked for again.
      if (error instanceof CorruptObject || tries <= 1) throw error;
      return read(key, wantsEvent, tries - 1);
    }
  }

  const largeOnes = semaphore(LARGE_WIDTH);

  async function visitObject({ key, bytes, writtenAtMs }: FoundObject, visit: ArchiveVisitor): Promise<void> {
    try {
      const { lines, corrupt } =
        bytes > LARGE_BYTES ? await largeOnes(() => read(key, visit.wantsEvent)) : await read(key, visit.wantsEvent);
      visit.object(lines);
      for (const { line, why } of corrupt) visit.unreadable({ objectKey: key, line, why, writtenAtMs });
    } catch (error) {
      const why = objectFault(error);
      if (why !== undefined) visit.unreadable({ objectKey: key, why, writtenAtMs });
      else throw await bucketError(error, s3, bucket, key);
    }
  }

  return {
    async oldestMs() {
      for await (const [first] of pages(`${relayPrefix(relayName)}date=`)) {
        if (first !== undefined) return first.writtenAtMs;
      }
      return undefined;
    },
    async kept() {
      try {
        return await keptFor(s3, bucket, relayPrefix(relayName), Date.now());
      } catch (error) {
        const known = await bucketError(error, s3, bucket);
        if (known instanceof OperatorError && known.kind === "not-allowed") return { kind: "unknown" };
        throw known;
      }
    },
    async read({ fromMs, untilMs = Number.POSITIVE_INFINITY }, visit) {
      for await (const page of pages(hourPrefix(relayName, fromMs))) {
        const wanted = page.filter(({ writtenAtMs }) => writtenAtMs < untilMs);
        await boundedMap(wanted, WIDTH, async (object) => {
          if (!stopped()) await visitObject(object, visit);
        });
        if (wanted.length < page.length || stopped()) return;
      }
    },
  };
}
