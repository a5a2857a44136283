import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { IStream } from "aws-cdk-lib/aws-kinesis";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { readKinesisRecordBytes } from "../../core/targets/sizes.ts";
import { grantPublishTo } from "../grants.ts";
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
  readonly resourceArns: readonly string[];
  readonly #keys: readonly (IKey | undefined)[];

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
    const streams = [stream, ...alsoTo];
    this.resourceArns = streams.map(({ streamArn }) => streamArn);
    this.#keys = streams.map(({ encryptionKey }) => encryptionKey);
  }

  grantPublish(grantee: IGrantable): void {
    grantPublishTo(grantee, this.kind, this.resourceArns, this.#keys);
  }
}
