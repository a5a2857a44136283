import type { IStream } from "aws-cdk-lib/aws-kinesis";
import { readKinesisRecordBytes } from "../../contract/settings/sizes.ts";
import { ARN_SHAPES } from "../../synth/arns.ts";
import { resourceByArn } from "../../synth/cdk-values.ts";
import { listOf, optionsOf } from "../shared/synth/read-options.ts";
import { KinesisTarget, type KinesisTargetOptions } from "./construct.ts";

const readStream = resourceByArn<IStream>(
  { shape: ARN_SHAPES.stream, arn: "streamArn", name: "streamName" },
  [],
  "it must be a Kinesis stream of the CDK's: a Stream, or Stream.fromStreamArn(this, id, arn)",
);

const readKinesisOptions = optionsOf<KinesisTargetOptions>({
  alsoTo: listOf(readStream),
  maxRecordBytes: readKinesisRecordBytes,
});

/** Reads what `OutboxTarget.kinesis` is given, and makes the target. */
export function kinesisTarget(stream: IStream, options: KinesisTargetOptions = {}): KinesisTarget {
  const path = "OutboxTarget.kinesis";
  return new KinesisTarget(readStream(`${path}(stream)`, stream), readKinesisOptions(path, options));
}
