import { GetTopicAttributesCommand } from "@aws-sdk/client-sns";
import { topicsOf } from "../shared/directory.ts";
import { type AwsTargetDoctor, toldIn } from "../shared/doctor/aws-target.ts";

export const snsDoctor: AwsTargetDoctor = {
  destinations: (deployed) => topicsOf(toldIn(deployed, "topicArn")),
  async describe({ sns }, arn) {
    const { Attributes: attributes = {} } = await sns.send(new GetTopicAttributesCommand({ TopicArn: arn }));
    return { arn, keyId: attributes["KmsMasterKeyId"] };
  },
};
