import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { archiveKey } from "../../contract/archive/archive-key.ts";
import { processName } from "../../contract/archive/process-name.ts";
import type { Archive, Clock, Random } from "../../core/ports.ts";
import { type CallTimeouts, httpHandler, type RequestsEnd } from "../aws-clients.ts";
import { lean } from "../lean-client.ts";

export interface S3ArchiveOptions {
  /** The bucket's name. It is in the function's own region. */
  readonly bucket: string;
  readonly relayName: string;
  readonly clock: Clock;
  readonly random: Random;
  /** The end of the running invocation's requests. */
  readonly calls: RequestsEnd;
}

/** An object that takes longer than its rows wait is kept all the same. */
const TIMEOUTS: CallTimeouts = { connectMs: 1_000, requestMs: 5_000 };
/** One object is written at a time; the request of one that was given up may still be under way. */
const SOCKETS = 2;

const zipped = promisify(gzip);

/**
 * Writes the archive's objects: gzip of NDJSON. Each object has a name that no other has, so nothing is ever written over.
 *
 * It stands in a file of its own beside the bundle, for S3's client is large: see `archive.ts`.
 */
export function s3Archive({ bucket, relayName, clock, random, calls }: S3ArchiveOptions): Pick<Archive, "write"> {
  const client = lean(
    new S3Client({
      requestHandler: httpHandler(TIMEOUTS, SOCKETS, calls),
      // Whoever writes tries again, with what has come meanwhile.
      maxAttempts: 1,
      cacheMiddleware: true,
      // The default asks S3 before it sends a body of 2 MB or more: another round trip, for a refusal that is rare.
      expectContinueHeader: false,
    }),
  );
  const process = processName(random);
  let objects = 0;
  return {
    async write(lines) {
      objects += 1;
      const name = { relayName, writtenAtMs: clock.now(), process, number: objects };
      const body = await zipped(lines.map((line) => `${line}\n`).join(""), { level: constants.Z_BEST_SPEED });
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: archiveKey(name),
          Body: body,
          // No content encoding, though it is gzip: some clients would unpack a file whose name says that it is packed.
          ContentType: "application/x-ndjson",
        }),
      );
    },
  };
}
