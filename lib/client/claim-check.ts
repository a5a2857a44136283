import { CLAIM_CHECK_PREFIX } from "../contract/claim-check.ts";
import type { NewEvent } from "../contract/codec/encode-row.ts";
import { shownKind } from "../contract/shown-value.ts";
import { checkName, shownObject } from "./checks/check-plain.ts";
import { refuse, text } from "./checks/check-text.ts";
import { hasFields } from "./checks/kinds.ts";

/** The CloudEvents extension that says where the data is. */
export const DATAREF = "dataref";

/**
 * The part of S3 that the claim check uses. The aggregated client, `new S3()` of @aws-sdk/client-s3, fits as it is. It
 * is passed in so that services with small events need no S3 client.
 */
export interface ClaimCheckWriter {
  putObject(input: { Bucket: string; Key: string; Body: string; ContentType: string }): Promise<unknown>;
}

/** Takes data that is too large for the table, or for the target, to S3. */
export interface ClaimCheck {
  /** Give it a lifecycle rule that deletes objects older than any consumer's retries: nothing else deletes them. */
  readonly bucket: string;
  readonly s3: ClaimCheckWriter;
  /** The prefix of the objects' names. @default "outbox/" */
  readonly prefix?: string | undefined;
}

/**
 * Puts the data into the bucket before the event is written, so that no event points at a missing object. If the
 * transaction fails afterwards, the object stays, unused, until the bucket's lifecycle rule deletes it.
 *
 * @returns the event with `dataref` in place of `data`.
 */
export async function checkIn(
  event: NewEvent,
  body: string,
  contentType: string,
  claimCheck: ClaimCheck,
): Promise<NewEvent> {
  const { bucket, s3, prefix = CLAIM_CHECK_PREFIX } = claimCheck;
  // An id may hold any character; an object's name may not.
  const key = `${prefix}${encodeURIComponent(event.id)}`;
  await s3.putObject({ Bucket: bucket, Key: key, Body: body, ContentType: contentType });
  const { data: _inTheBucket, ...rest } = event;
  return { ...rest, extensions: { ...event.extensions, [DATAREF]: `s3://${bucket}/${key}` } };
}

/** @throws InvalidEventError when the options cannot be used: at start rather than with the first large event. */
export function readClaimCheck(given: ClaimCheck | undefined): ClaimCheck | undefined {
  if (given === undefined) return undefined;
  if (!hasFields(given)) {
    return refuse("claimCheck", `is ${shownObject(given)}: it must be { bucket, s3 }, or left out`);
  }
  const { bucket, s3, prefix } = given;
  checkName("claimCheck.bucket", bucket, "the bucket's name");
  if (typeof s3?.putObject !== "function") {
    refuse("claimCheck.s3", `is ${shownKind(s3)} without putObject(): give new S3() of @aws-sdk/client-s3`);
  }
  // No prefix is one too: the objects then stand at the root of the bucket.
  if (prefix !== undefined && prefix !== "") text("claimCheck.prefix", prefix);
  return given;
}
