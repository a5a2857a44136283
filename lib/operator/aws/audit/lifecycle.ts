import { GetBucketLifecycleConfigurationCommand, type LifecycleRule, type S3Client } from "@aws-sdk/client-s3";
import type { KeptFor } from "../../core/audit/audit-report.ts";

/** How long a bucket keeps the objects under a prefix, by its lifecycle rules. */
export async function keptFor(s3: S3Client, bucket: string, prefix: string): Promise<KeptFor> {
  try {
    const { Rules: rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    const days = rules.flatMap((rule) => (isAbout(rule, prefix) ? (rule.Expiration?.Days ?? []) : []));
    return days.length === 0 ? { kind: "for-ever" } : { kind: "days", days: Math.min(...days) };
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchLifecycleConfiguration") return { kind: "for-ever" };
    throw error;
  }
}

/** Objects of the archive have no tags, so a rule for tagged ones is not about them. */
function isAbout({ Status: status, Filter: filter, Prefix: old }: LifecycleRule, prefix: string): boolean {
  if (status !== "Enabled" || filter?.Tag !== undefined || (filter?.And?.Tags ?? []).length > 0) return false;
  const wanted = filter?.Prefix ?? filter?.And?.Prefix ?? old ?? "";
  return prefix.startsWith(wanted) || wanted.startsWith(prefix);
}
