import { Duration, Token } from "aws-cdk-lib";
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { acknowledgeArchiveFindings } from "../../synth/acknowledgements.ts";
import { requireSamePlace } from "../../synth/same-place.ts";
import { DEFAULT_REMOVAL_POLICY } from "../../synth/table-settings.ts";
import type { KeptOptions } from "../tables/kept-table.ts";
import type { ArchiveSetting } from "./archive-setting.ts";

/** Every object is one request, so a part of an upload is a stranger's. */
const STRAY_UPLOADS_STAY = Duration.days(1);

/**
 * The bucket of the archive: the given one, or one that is made.
 *
 * @param scope the construct; its path names the prop in messages.
 * @throws SettingError for a given bucket of another region.
 */
export function archiveBucket(
  scope: Construct,
  id: string,
  setting: ArchiveSetting<IBucket>,
  kept: KeptOptions,
): IBucket {
  if (setting.kind === "made") return createBucket(scope, id, setting.retentionDays, kept);
  const { bucket } = setting;
  requireSamePlace(
    scope,
    `${id}In`,
    {
      path: `${scope.node.path}.archive.bucket`,
      name: Token.isUnresolved(bucket.bucketName) ? bucket.node.path : bucket.bucketName,
      place: bucket.env,
      fix: "S3 sends writers of another region away; give a bucket of the relay's own",
    },
    ["region"],
  );
  return bucket;
}

function createBucket(scope: Construct, id: string, retentionDays: number, kept: KeptOptions): Bucket {
  const { encryptionKey, removalPolicy = DEFAULT_REMOVAL_POLICY } = kept;
  const bucket = new Bucket(scope, id, {
    ...(encryptionKey === undefined
      ? { encryption: BucketEncryption.S3_MANAGED }
      : // A key of the bucket's own, made of this one for a while: else each object would be a request to KMS.
        { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }),
    enforceSSL: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    // Nobody's ACL counts, and what another account writes is the owner's.
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    // Each object is written once, under a name of its own; an erased subject must not live on in a former version.
    versioned: false,
    lifecycleRules: [
      { expiration: Duration.days(retentionDays), abortIncompleteMultipartUploadAfter: STRAY_UPLOADS_STAY },
    ],
    removalPolicy,
    // CloudFormation removes no bucket with objects in it, and nothing here empties one: that would take a function which may
    // delete all receipts. Under DESTROY, whoever removes the stack empties the bucket first.
    autoDeleteObjects: false,
  });
  acknowledgeArchiveFindings(bucket);
  return bucket;
}
