import { Duration } from "aws-cdk-lib";
import { Stream, StreamEncryption, StreamMode } from "aws-cdk-lib/aws-kinesis";
import type { Construct } from "constructs";
import { readFields, readMatch, refuse } from "../../contract/settings/setting-reader.ts";
import { readKinesisRecordBytes } from "../../contract/settings/sizes.ts";
import { keyFromSetting, readKeyOf, refuseKeyOfNothing } from "../../synth/key-setting.ts";
import type { KeptPolicy } from "../../synth/table-settings.ts";
import { STREAM_ARN } from "../shared/arn-shapes.ts";
import type { OutboxTarget } from "../shared/synth/outbox-target.ts";
import { kinesisTarget } from "./factory.ts";

export interface KinesisSettings {
  readonly kind: "kinesis";
  /** @default the stack makes a stream */
  readonly streamArn?: string;
  /** The customer-managed key that an existing stream is encrypted with. @default it has none */
  readonly keyArn?: string;
  /** The largest record of an existing stream, in bytes. @default 1048576 */
  readonly maxRecordBytes?: number;
}

export function readKinesisSettings(path: string, value: unknown): KinesisSettings {
  const given = readFields(path, value, ["kind", "streamArn", "maxRecordBytes", "keyArn"]);
  if (given.streamArn === undefined) {
    refuseKeyOfNothing(path, given.keyArn, "streamArn");
    return given.maxRecordBytes === undefined
      ? { kind: "kinesis" }
      : refuse(
          `${path}.maxRecordBytes`,
          given.maxRecordBytes,
          "it says what the stream at streamArn takes: give that too",
        );
  }
  const allowed = "it must be the ARN of a stream, arn:<partition>:kinesis:<region>:<account>:stream/<name>";
  return {
    kind: "kinesis",
    streamArn: readMatch(`${path}.streamArn`, given.streamArn, STREAM_ARN, allowed),
    ...readKeyOf(path, given.keyArn),
    ...(given.maxRecordBytes === undefined
      ? {}
      : { maxRecordBytes: readKinesisRecordBytes(`${path}.maxRecordBytes`, given.maxRecordBytes) }),
  };
}

export function kinesisFromSettings(
  scope: Construct,
  { streamArn, maxRecordBytes, keyArn }: KinesisSettings,
  removalPolicy: KeptPolicy,
): OutboxTarget {
  const key = keyFromSetting(scope, keyArn);
  return streamArn === undefined
    ? kinesisTarget(createTargetStream(scope, removalPolicy))
    : kinesisTarget(
        Stream.fromStreamAttributes(scope, "Stream", { streamArn, ...key }),
        maxRecordBytes === undefined ? {} : { maxRecordBytes },
      );
}

/** The events in this stream have left the outbox, so the stream is retained like the outbox table. */
function createTargetStream(scope: Construct, removalPolicy: KeptPolicy): Stream {
  return new Stream(scope, "Stream", {
    // On demand, so that nobody has to guess the number of shards.
    streamMode: StreamMode.ON_DEMAND,
    // A consumer that stops on a Friday still finds everything; Kinesis's default is a day.
    retentionPeriod: Duration.days(7),
    encryption: StreamEncryption.MANAGED,
    removalPolicy,
  });
}
