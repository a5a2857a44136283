import {
  GetBucketEncryptionCommand,
  GetBucketPolicyStatusCommand,
  GetPublicAccessBlockCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { KeptFor } from "../../core/audit/audit-report.ts";
import { isElsewhere } from "../audit/archive-errors.ts";
import { s3ArchiveReader } from "../audit/archive-reader.ts";
import type { OperatorClients } from "../clients.ts";
import { explained, OperatorError } from "../operator-error.ts";
import type { ArchiveDoubt, ArchiveFault } from "./archive-findings.ts";
import type { Check } from "./finding.ts";
import { keyUse } from "./key-use.ts";

/** An audit of a day and an hour, whose window ends some minutes ago. S3 deletes at midnight. */
export const NEEDED_DAYS = 2;

/** What one question comes to. Empty: all is well. */
interface Troubles {
  readonly faults: readonly ArchiveFault[];
  readonly doubts: readonly ArchiveDoubt[];
}

const NONE: Troubles = { faults: [], doubts: [] };
const fault = (each: ArchiveFault): Troubles => ({ ...NONE, faults: [each] });
const doubt = (each: ArchiveDoubt): Troubles => ({ ...NONE, doubts: [each] });

/** Whether the archive's bucket is there, can encrypt, keeps its objects for long enough, and is closed to the public. */
export const checkArchive: Check = async ({ clients, deployment: { archiveBucketName: bucket, relayName } }) => {
  if (bucket === undefined) return { state: "fine", code: "archive-none" };
  const s3 = await clients.s3();
  const reader = s3ArchiveReader({ s3, bucket, relayName, stopped: () => false });
  let oldestMs: number | undefined;
  const listed = await troublesOf(async () => {
    oldestMs = await reader.oldestMs();
    return NONE;
  });
  // Of a bucket that is not there, or in another region, the other questions would say the same once more.
  const others =
    listed.faults.length > 0
      ? []
      : await Promise.all([
          troublesOf(() => keyTroubles(clients, s3, bucket)),
          troublesOf(async () => keptTroubles(await reader.kept(), bucket)),
          troublesOf(() => publicTroubles(s3, bucket)),
        ]);
  const faults = [listed, ...others].flatMap((each) => each.faults);
  const doubts = [listed, ...others].flatMap((each) => each.doubts);
  if (faults.length > 0) return { state: "wrong", code: "archive-wrong", bucket, faults };
  if (doubts.length > 0) return { state: "unknown", code: "archive-unclear", bucket, doubts };
  return { state: "fine", code: "archive-right", bucket, ...(oldestMs === undefined ? {} : { oldestMs }) };
};

/** A bucket that is missing or elsewhere is a fault, and what AWS does not show is a doubt. */
async function troublesOf(ask: () => Promise<Troubles>): Promise<Troubles> {
  try {
    return await ask();
  } catch (error) {
    const explanation = explained(error);
    if (explanation === undefined) throw error;
    const { kind, message } = explanation;
    return kind === "not-found" || isElsewhere(explanation)
      ? fault({ kind: "out-of-reach", message })
      : doubt({ kind: "refused", message });
  }
}

/** The key by which the bucket encrypts, where it is a customer's. IAM is asked elsewhere whether the roles may use it. */
async function keyTroubles(clients: OperatorClients, s3: S3Client, bucket: string): Promise<Troubles> {
  const keyId = await customerKeyOf(s3, bucket);
  if (keyId === undefined) return NONE;
  const use = await keyUse(clients, keyId, () => []);
  switch (use.kind) {
    case "missing":
      return fault({ kind: "key-missing", keyId });
    case "out-of-use":
      return fault({ kind: "key-out-of-use", keyId, keyState: use.state });
    default:
      return NONE;
  }
}

/** Undefined: S3's own key, or AWS's. */
export async function customerKeyOf(s3: S3Client, bucket: string): Promise<string | undefined> {
  const answer = await shown("s3:GetEncryptionConfiguration", bucket, () =>
    s3.send(new GetBucketEncryptionCommand({ Bucket: bucket })),
  );
  const rules = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
  return rules.flatMap((rule) => rule.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID ?? [])[0];
}

function keptTroubles(kept: KeptFor, bucket: string): Troubles {
  if (kept.kind === "unknown") throw notAllowed("s3:GetLifecycleConfiguration", bucket);
  return kept.kind === "days" && kept.days < NEEDED_DAYS
    ? fault({ kind: "short-lived", days: kept.days, neededDays: NEEDED_DAYS })
    : NONE;
}

async function publicTroubles(s3: S3Client, bucket: string): Promise<Troubles> {
  const { PublicAccessBlockConfiguration: block } = await absentAs("NoSuchPublicAccessBlockConfiguration", {}, () =>
    shown("s3:GetBucketPublicAccessBlock", bucket, () => s3.send(new GetPublicAccessBlockCommand({ Bucket: bucket }))),
  );
  if (block?.BlockPublicAcls && block.BlockPublicPolicy && block.IgnorePublicAcls && block.RestrictPublicBuckets) {
    return NONE;
  }
  const { PolicyStatus: status } = await absentAs("NoSuchBucketPolicy", {}, () =>
    shown("s3:GetBucketPolicyStatus", bucket, () => s3.send(new GetBucketPolicyStatusCommand({ Bucket: bucket }))),
  );
  return status?.IsPublic === true ? fault({ kind: "public" }) : doubt({ kind: "unblocked" });
}

/** What a call answers, or this in place of the error by which S3 says that there is nothing. */
async function absentAs<Answer extends object>(
  name: string,
  nothing: Partial<Answer>,
  ask: () => Promise<Answer>,
): Promise<Partial<Answer>> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && error.name === name) return nothing;
    throw error;
  }
}

/** S3 does not say which permission is missing. */
async function shown<Answer>(action: string, bucket: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && error.name === "AccessDenied") throw notAllowed(action, bucket, error);
    throw error;
  }
}

const notAllowed = (action: string, bucket: string, cause?: Error): OperatorError =>
  new OperatorError(
    "not-allowed",
    `You lack the permission ${action} on the bucket ${bucket}: ask for a role that has OutboxRelay.grantInspect.`,
    { cause },
  );
