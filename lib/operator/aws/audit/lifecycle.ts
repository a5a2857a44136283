import { GetBucketLifecycleConfigurationCommand, type LifecycleRule, type S3Client } from "@aws-sdk/client-s3";
import type { KeptFor } from "../../core/audit/audit-report.ts";

/**
 * How long a bucket keeps the objects under a prefix, by its lifecycle rules.
 *
 * @param nowMs epoch milliseconds.
 */
export async function keptFor(s3: S3Client, bucket: string, prefix: string, nowMs: number): Promise<KeptFor> {
  try {
    const { Rules: rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    const days = rules.flatMap((rule) => (isAbout(rule, prefix) ? daysOf(rule, nowMs) : []));
    return days.length === 0 ? { kind: "for-ever" } : { kind: "days", days: Math.min(...days) };
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchLifecycleConfiguration") return { kind: "for-ever" };
    throw error;
  }
}

/**
 * A rule with a date deletes what there is on that day, and from then on whatever comes.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
function daysOf({ Expiration: { Days: days, Date: date } = {} }: LifecycleRule, nowMs: number): readonly number[] {
  if (days !== undefined) return [days];
  return date !== undefined && date.getTime() <= nowMs ? [0] : [];
}

/** Objects of the archive have no tags, so a rule for tagged ones is not about them. */
function isAbout({ Status: status, Filter: filter, Prefix: old }: LifecycleRule, prefix: string): boolean {
  if (status !== "Enabled" || filter?.Tag !== undefined || (filter?.And?.Tags ?? []).length > 0) return false;
  const wanted = filter?.Prefix ?? filter?.And?.Prefix ?? old ?? "";
  return prefix.startsWith(wanted) || wanted.startsWith(prefix);
}
