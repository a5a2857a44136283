import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { AuditSettings } from "../../contract/settings/audit-settings.ts";
import { readFields, readFlag, readInteger, readMatch, refuse } from "../../contract/settings/setting-reader.ts";
import { resource } from "../../synth/cdk-values.ts";
import { readKeyOf, refuseKeyOfNothing } from "../../synth/key-setting.ts";

/** How the archive is kept. */
export interface ArchiveOptions {
  /**
   * An existing bucket, in the stack's region. Its own lifecycle says how long objects stay. Several relays may share it, if
   * each has a name of its own. If it has a customer-managed key, an imported bucket must name it:
   * `Bucket.fromBucketAttributes` with `encryptionKey`.
   *
   * @default a bucket is made: encrypted, by TLS alone, without public access, retained
   */
  readonly bucket?: IBucket;

  /**
   * Whether receipts hold their events whole. Payloads may be personal data: docs/audit.md says how they are erased.
   *
   * @default false
   */
  readonly payload?: boolean;

  /**
   * How long the bucket that is made keeps an object, in days, 1 to 3,653.
   *
   * @default 365
   */
  readonly retentionDays?: number;
}

/** The archive as it was read: in a bucket that is made, or in a given one. */
export type ArchiveSetting<Bucket> = { readonly payload: boolean } & (
  | { readonly kind: "made"; readonly retentionDays: number }
  | { readonly kind: "given"; readonly bucket: Bucket }
);

/** An existing bucket, as the context names it. */
export interface NamedBucket {
  readonly name: string;
  /** The bucket's customer-managed key. @default S3's own */
  readonly keyArn?: string;
}

const DEFAULT_PAYLOAD = false;
export const DEFAULT_RETENTION_DAYS = 365;
/** Ten years with their leap days. */
const MOST_RETENTION_DAYS = 3_653;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

const readBucket = resource<IBucket>(
  ["bucketArn", "bucketName"],
  "it must be a bucket of the CDK's: a Bucket, or Bucket.fromBucketName(this, id, name)",
);

/** Reads the construct's prop. */
export function readArchive(path: string, value: unknown): ArchiveSetting<IBucket> {
  const given = fieldsIn(path, value, ["bucket", "payload", "retentionDays"]);
  return keptIn(path, given, given.bucket === undefined ? undefined : readBucket(`${path}.bucket`, given.bucket));
}

/** Reads the app's setting, which names a bucket where the construct takes one. */
export function readNamedArchive(path: string, value: unknown): ArchiveSetting<NamedBucket> {
  const given = fieldsIn(path, value, ["bucket", "keyArn", "payload", "retentionDays"]);
  if (given.bucket === undefined) {
    refuseKeyOfNothing(path, given.keyArn, "bucket");
    return keptIn<NamedBucket>(path, given, undefined);
  }
  const allowed = "it must be the name of a bucket: 3 to 63 small letters, digits, dots and hyphens";
  const name = readMatch(`${path}.bucket`, given.bucket, BUCKET_NAME, allowed);
  return keptIn<NamedBucket>(path, given, { name, ...readKeyOf(path, given.keyArn) });
}

/**
 * Refuses an audit without an archive, and one whose window reaches back to what was deleted by age. S3 deletes at the midnight
 * after the days are over.
 *
 * @param path of the audit's setting.
 */
export function requireArchiveFor(
  path: string,
  value: unknown,
  { windowHours }: AuditSettings,
  archive: ArchiveSetting<unknown> | undefined,
): void {
  if (archive === undefined) refuse(path, value, "an audit reads the archive, and there is none: give archive too");
  if (archive.kind === "given" || archive.retentionDays * 24 > windowHours) return;
  const kept = `archive.retentionDays is ${archive.retentionDays}, after which objects are deleted`;
  refuse(`${path}.windowHours`, windowHours, `${kept}; a window must be shorter than that`);
}

function fieldsIn<Name extends string>(path: string, value: unknown, names: readonly Name[]) {
  if (value === false) refuse(path, value, "it must be true or an object; leave it out where no archive is wanted");
  return readFields(path, value === true ? {} : value, names);
}

function keptIn<Bucket>(
  path: string,
  given: { readonly payload?: unknown; readonly retentionDays?: unknown },
  bucket: Bucket | undefined,
): ArchiveSetting<Bucket> {
  const payload = readFlag(`${path}.payload`, given.payload ?? DEFAULT_PAYLOAD);
  if (bucket === undefined) {
    const days = given.retentionDays ?? DEFAULT_RETENTION_DAYS;
    const range = { min: 1, max: MOST_RETENTION_DAYS };
    return { payload, kind: "made", retentionDays: readInteger(`${path}.retentionDays`, days, range) };
  }
  if (given.retentionDays !== undefined) {
    const fix = "leave it out where bucket is given, and give that bucket a lifecycle of its own";
    refuse(`${path}.retentionDays`, given.retentionDays, `it is of a bucket that is made: ${fix}`);
  }
  return { payload, kind: "given", bucket };
}
