import { DescribeEventBusCommand } from "@aws-sdk/client-eventbridge";
import { DescribeStreamSummaryCommand } from "@aws-sdk/client-kinesis";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { GetTopicAttributesCommand } from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { AwsTargetKind } from "../../../core/target-kind.ts";
import type { OperatorClients } from "../clients.ts";

/** A resource of AWS that the relay publishes to, as AWS describes it. */
export interface DescribedTarget {
  readonly name: string;
  readonly arn: string;
  /** The key that it is encrypted with: an ARN, an id or an alias. */
  readonly keyId?: string | undefined;
  /** Why it takes nothing although it is there. */
  readonly trouble?: string;
}

/** What the functions were told of such a target. */
type Told = Readonly<Record<string, unknown>>;

interface AwsTarget {
  /** What it calls its destinations, the default first. */
  readonly names: (told: Told) => readonly string[];
  /** Rejects where there is none of that name. */
  readonly describe: (clients: OperatorClients, name: string) => Promise<DescribedTarget>;
}

const alsoTo = ({ alsoTo: names = [] }: Told) => names as readonly string[];
/** Further ones stand beside the default, in its account and region, and are told by their names alone. */
const beside = (first: string, separator: string, names: readonly string[]): readonly string[] => [
  first,
  ...names.map((name) => first.slice(0, first.lastIndexOf(separator) + 1) + name),
];

export const AWS_TARGETS: Readonly<Record<AwsTargetKind, AwsTarget>> = {
  eventbridge: {
    names: (told) => [String(told["busName"]), ...alsoTo(told)],
    async describe({ eventbridge }, name) {
      const { Arn: arn = "" } = await eventbridge.send(new DescribeEventBusCommand({ Name: name }));
      return { name: `the bus ${name}`, arn };
    },
  },
  sqs: {
    names: (told) => beside(String(told["queueUrl"]), "/", alsoTo(told)),
    async describe({ sqs }, url) {
      const { Attributes: attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn", "KmsMasterKeyId"] }),
      );
      return { name: `the queue ${url}`, arn: attributes["QueueArn"] ?? "", keyId: attributes["KmsMasterKeyId"] };
    },
  },
  sns: {
    names: (told) => beside(String(told["topicArn"]), ":", alsoTo(told)),
    async describe({ sns }, arn) {
      const { Attributes: attributes = {} } = await sns.send(new GetTopicAttributesCommand({ TopicArn: arn }));
      return { name: `the topic ${arn}`, arn, keyId: attributes["KmsMasterKeyId"] };
    },
  },
  kinesis: {
    names: (told) => beside(String(told["streamArn"]), "/", alsoTo(told)),
    async describe({ kinesis }, arn) {
      const { StreamDescriptionSummary: stream } = await kinesis.send(
        new DescribeStreamSummaryCommand({ StreamARN: arn }),
      );
      const state = stream?.StreamStatus;
      const takes = state === "ACTIVE" || state === "UPDATING";
      return {
        ...{ name: `the stream ${arn}`, arn, keyId: stream?.KeyId },
        ...(takes ? {} : { trouble: `it is ${state}` }),
      };
    },
  },
  lambda: {
    names: (told) => [String(told["functionArn"]), ...alsoTo(told)],
    async describe({ lambda }, arn) {
      const { State: state } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: arn }));
      return { name: `the function ${arn}`, arn, ...(state === "Failed" ? { trouble: "it is Failed" } : {}) };
    },
  },
};

export const isAwsTarget = (kind: unknown): kind is AwsTargetKind => typeof kind === "string" && kind in AWS_TARGETS;
