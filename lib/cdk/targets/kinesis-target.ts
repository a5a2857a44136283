import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { IStream } from "aws-cdk-lib/aws-kinesis";
import { readKinesisRecordBytes } from "../../core/targets/sizes.ts";
import type { TargetEnvironment } from "./outbox-target.ts";

export interface KinesisTargetOptions {
  /**
   * Further streams that rows may name as their `destination`.
   *
   * @default none: a row that names another stream is parked
   */
  readonly alsoTo?: readonly IStream[];
  /**
   * What the streams take in a record, partition key included, in bytes, from 1,048,576 to 10,485,760: their MaxRecordSize.
   *
   * @default 1048576
   */
  readonly maxRecordBytes?: number;
}

export class KinesisTarget {
  readonly kind = "kinesis";
  readonly targetName: string;
  readonly environment: TargetEnvironment;
  readonly #streams: readonly IStream[];

  /** @throws SettingError for a size that no stream has. */
  constructor(stream: IStream, { alsoTo = [], maxRecordBytes }: KinesisTargetOptions) {
    this.targetName = stream.streamName;
    this.environment = {
      kind: this.kind,
      streamArn: stream.streamArn,
      ...(alsoTo.length === 0 ? {} : { alsoTo: alsoTo.map(({ streamName }) => streamName) }),
      ...(maxRecordBytes === undefined
        ? {}
        : { maxRecordBytes: readKinesisRecordBytes("maxRecordBytes", maxRecordBytes) }),
    };
    this.#streams = [stream, ...alsoTo];
  }

  grantPublish(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ["kinesis:PutRecords"],
      resourceArns: this.#streams.map(({ streamArn }) => streamArn),
    });
    for (const { encryptionKey } of this.#streams) {
      // All that a producer needs: https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
      encryptionKey?.grant(grantee, "kms:GenerateDataKey");
    }
  }
}
