import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { queuesOf } from "../shared/directory.ts";
import { type AwsTargetDoctor, toldIn } from "../shared/doctor/aws-target.ts";

const QUEUE_URL = /^https?:\/\/[^/]+\/(\d{12})\/([^/]+)$/;

export const sqsDoctor: AwsTargetDoctor = {
  destinations: (deployed) => queuesOf(toldIn(deployed, "queueUrl")),
  async describe({ sqs }, url) {
    const { Attributes: attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn", "KmsMasterKeyId"] }),
    );
    return { arn: attributes["QueueArn"] ?? "", keyId: attributes["KmsMasterKeyId"] };
  },
  arnOf(url, { partition, region, account }) {
    const [, owner = account, name] = QUEUE_URL.exec(url) ?? [];
    return `arn:${partition}:sqs:${region}:${owner}:${name}`;
  },
};
