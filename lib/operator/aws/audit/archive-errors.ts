import type { S3Client } from "@aws-sdk/client-s3";
import { explained, OperatorError } from "../operator-error.ts";
import { CorruptObject } from "./object-lines.ts";

const ELSEWHERE = new Set([
  "PermanentRedirect",
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
  "301",
]);

/** Why the archive's bucket, or an object of it, cannot be read, for the person who asked. Any other error as it is. */
export async function bucketError(error: unknown, s3: S3Client, bucket: string, key?: string): Promise<unknown> {
  if (!(error instanceof Error)) return error;
  if (error.name === "NoSuchBucket") {
    return new OperatorError(
      "not-found",
      `The bucket ${bucket}, in which the relay keeps its archive, does not exist: somebody deleted it, and the archive with ` +
        "it. `npx cdk deploy --revert-drift` makes a new one; a bucket of your own you must make again.",
      { cause: error },
    );
  }
  if (ELSEWHERE.has(error.name)) {
    const region = await s3.config.region();
    return new OperatorError(
      "failed",
      `The bucket ${bucket} is not in ${region}, where the relay is, but in ${regionIn(error) ?? "another region"}: the relay ` +
        `cannot write to it either. Give \`archive.bucket\` a bucket in ${region}, and deploy.`,
      { cause: error },
    );
  }
  if (isDenied(error) && !/not authorized to perform/.test(error.message)) {
    const what = key === undefined ? `s3:ListBucket on the bucket ${bucket}` : `s3:GetObject on ${bucket}/${key}`;
    return new OperatorError(
      "not-allowed",
      `You lack the permission ${what}: ask for a role that has OutboxRelay.grantInspect; a bucket of another account allows ` +
        "it in its own policy too.",
      { cause: error },
    );
  }
  return explained(error) ?? error;
}

/** Whether it says that the bucket is in another region. */
export const isElsewhere = ({ cause }: OperatorError): boolean => cause instanceof Error && ELSEWHERE.has(cause.name);

const isDenied = ({ name }: Error): boolean => name === "AccessDenied" || name === "Forbidden" || name === "403";

function regionIn(error: Error): string | undefined {
  const { $response: response } = error as {
    readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  };
  return response?.headers?.["x-amz-bucket-region"] ?? /expecting '([\w-]+)'/.exec(error.message)?.[1];
}

/** Why one object cannot be read, where the others can. Undefined: the error is not that object's. */
export function objectFault(error: unknown): string | undefined {
  if (error instanceof CorruptObject) return error.message;
  if (!(error instanceof Error)) return undefined;
  if (error.name === "NoSuchKey") return "it was deleted while the audit ran";
  if (error.name === "InvalidObjectState")
    return "it is in a storage class that must be restored before it can be read";
  return /checksum mismatch/i.test(error.message) ? "its checksum does not match" : undefined;
}
