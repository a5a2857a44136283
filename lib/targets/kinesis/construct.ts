import type { IStream } from "aws-cdk-lib/aws-kinesis";
import type { Construct } from "constructs";
import { grantPublishTo } from "../../synth/grants.ts";
import { besideTheFirst, isHere, placedIn } from "../shared/synth/aws-destinations.ts";
import type { DeployedTarget } from "../shared/synth/outbox-target.ts";

export interface KinesisTargetOptions {
  /**
   * Further streams that rows may name as their `destination`.
   *
   * @default none: a row that names another stream is parked
   */
  readonly alsoTo?: readonly IStream[];
  /**
   * The largest record of the streams, partition key included, in bytes, from 1,048,576 to 10,485,760: their
   * MaxRecordSize.
   *
   * @default 1048576
   */
  readonly maxRecordBytes?: number;
}

export class KinesisTarget {
  readonly kind = "kinesis";
  readonly #streams: readonly IStream[];
  readonly #sizes: { readonly maxRecordBytes?: number };

  constructor(stream: IStream, { alsoTo = [], maxRecordBytes }: KinesisTargetOptions) {
    this.#streams = [stream, ...alsoTo];
    this.#sizes = maxRecordBytes === undefined ? {} : { maxRecordBytes };
  }

  /** @throws SettingError for a stream of another region. */
  deployedIn(scope: Construct): DeployedTarget {
    const streams = placedIn(
      scope,
      this.#streams.map((resource) => {
        const { streamArn: arn, streamName: name } = resource;
        return { resource, arn, name, address: arn };
      }),
    );
    const { first: streamArn, ...alsoTo } = besideTheFirst(streams);
    const resourceArns = streams.map(({ arn }) => arn);
    const keys = this.#streams.map(({ encryptionKey }) => encryptionKey);
    const [stream] = streams;
    return {
      targetName: stream !== undefined && isHere(stream) ? stream.name : streamArn,
      environment: { kind: this.kind, streamArn, ...alsoTo, ...this.#sizes },
      resourceArns,
      keyArns: keys.flatMap((key) => key?.keyArn ?? []),
      grantPublish: (grantee) => grantPublishTo(grantee, this.kind, resourceArns, keys),
    };
  }
}
