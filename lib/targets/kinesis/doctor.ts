import { DescribeStreamSummaryCommand } from "@aws-sdk/client-kinesis";
import { streamsOf } from "../shared/directory.ts";
import { type AwsTargetDoctor, toldIn } from "../shared/doctor/aws-target.ts";

export const kinesisDoctor: AwsTargetDoctor = {
  destinations: (deployed) => streamsOf(toldIn(deployed, "streamArn")),
  async describe({ kinesis }, arn) {
    const { StreamDescriptionSummary: stream } = await kinesis.send(
      new DescribeStreamSummaryCommand({ StreamARN: arn }),
    );
    const state = stream?.StreamStatus;
    const takes = state === "ACTIVE" || state === "UPDATING";
    return { arn, keyId: stream?.KeyId, ...(takes ? {} : { trouble: { kind: "state", awsState: state } }) };
  },
};
