import { DescribeEventBusCommand } from "@aws-sdk/client-eventbridge";
import { DescribeStreamSummaryCommand } from "@aws-sdk/client-kinesis";
import { GetFunctionConcurrencyCommand, GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { GetTopicAttributesCommand } from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { AwsTargetKind } from "../../../contract/deployment/target-kind.ts";
import {
  busesOf,
  type Destination,
  functionsOf,
  queuesOf,
  streamsOf,
  topicsOf,
} from "../../../targets/shared/directory.ts";
import type { OperatorClients } from "../clients.ts";

/** A resource of AWS that the relay publishes to, as AWS describes it. */
export interface DescribedTarget {
  readonly arn: string;
  /** The key that it is encrypted with: an ARN, an id or an alias. */
  readonly keyId?: string | undefined;
  /** Why it takes nothing although it is there. */
  readonly trouble?: TargetTrouble;
}

type TargetTrouble =
  | { readonly kind: "state"; readonly awsState: string | undefined }
  /** Its reserved concurrency is 0, so Lambda never runs it. */
  | { readonly kind: "never-run"; readonly functionName: string };

/** What the functions were told of such a target. */
type DeployedTarget = Readonly<Record<string, unknown>>;

interface AwsTarget {
  /** Where it publishes to, the default first. */
  readonly destinations: (deployed: DeployedTarget) => readonly Destination[];
  /** Rejects where there is none of that name. */
  readonly describe: (clients: OperatorClients, name: string) => Promise<DescribedTarget>;
}

/** The default first. */
const all = (deployed: DeployedTarget, first: string): readonly string[] => [
  String(deployed[first]),
  ...((deployed["alsoTo"] ?? []) as readonly string[]),
];

export const AWS_TARGETS: Readonly<Record<AwsTargetKind, AwsTarget>> = {
  eventbridge: {
    destinations: (deployed) => busesOf(all(deployed, "busName"), deployed["home"] as string | undefined),
    async describe({ eventbridge }, name) {
      const { Arn: arn = "" } = await eventbridge.send(new DescribeEventBusCommand({ Name: name }));
      return { arn };
    },
  },
  sqs: {
    destinations: (deployed) => queuesOf(all(deployed, "queueUrl")),
    async describe({ sqs }, url) {
      const { Attributes: attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn", "KmsMasterKeyId"] }),
      );
      return { arn: attributes["QueueArn"] ?? "", keyId: attributes["KmsMasterKeyId"] };
    },
  },
  sns: {
    destinations: (deployed) => topicsOf(all(deployed, "topicArn")),
    async describe({ sns }, arn) {
      const { Attributes: attributes = {} } = await sns.send(new GetTopicAttributesCommand({ TopicArn: arn }));
      return { arn, keyId: attributes["KmsMasterKeyId"] };
    },
  },
  kinesis: {
    destinations: (deployed) => streamsOf(all(deployed, "streamArn")),
    async describe({ kinesis }, arn) {
      const { StreamDescriptionSummary: stream } = await kinesis.send(
        new DescribeStreamSummaryCommand({ StreamARN: arn }),
      );
      const state = stream?.StreamStatus;
      const takes = state === "ACTIVE" || state === "UPDATING";
      return {
        ...{ arn, keyId: stream?.KeyId },
        ...(takes ? {} : { trouble: { kind: "state", awsState: state } }),
      };
    },
  },
  lambda: {
    destinations: (deployed) => functionsOf(all(deployed, "functionArn")),
    async describe({ lambda }, arn) {
      const { State: state } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: arn }));
      if (state === "Failed") return { arn, trouble: { kind: "state", awsState: state } };
      // A reservation is the function's, whatever version or alias is called.
      const functionName = arn.split(":").slice(0, PARTS_OF_FUNCTION_ARN).join(":");
      const { ReservedConcurrentExecutions: reserved } = await lambda.send(
        new GetFunctionConcurrencyCommand({ FunctionName: functionName }),
      );
      return reserved === 0 ? { arn, trouble: { kind: "never-run", functionName } } : { arn };
    },
  },
};

/** `arn:aws:lambda:region:account:function:name`; a version or an alias may follow. */
const PARTS_OF_FUNCTION_ARN = 7;

const QUEUE_URL = /^https?:\/\/[^/]+\/(\d{12})\/([^/]+)$/;

/**
 * The ARN of a destination of another account than the relay's, which nobody here may be allowed to describe. Undefined for one
 * of the relay's own account, and where the relay is gone and so nothing is known of it.
 */
export function foreignArn(kind: AwsTargetKind, address: string, relayArn: string | undefined): string | undefined {
  if (relayArn === undefined) return undefined;
  const [, partition, , region, ours] = relayArn.split(":");
  const [, owner, name] = QUEUE_URL.exec(address) ?? [];
  const arn = kind === "sqs" ? `arn:${partition}:sqs:${region}:${owner ?? ours}:${name}` : address;
  const account = arn.split(":")[4] ?? ours;
  return account === ours ? undefined : arn;
}

export const isAwsTarget = (kind: unknown): kind is AwsTargetKind => typeof kind === "string" && kind in AWS_TARGETS;
