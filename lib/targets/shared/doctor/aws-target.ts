import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { SNSClient } from "@aws-sdk/client-sns";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { listOf } from "../../../contract/foreign-value.ts";
import { shownField } from "../../../contract/shown-value.ts";
import type { Destination } from "../directory.ts";

/** What the functions were told of a target: its settings as JSON. */
export type DeployedTarget = Readonly<Record<string, unknown>>;

/** The services that describe a target. */
export interface DescribingClients {
  readonly eventbridge: EventBridgeClient;
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly kinesis: KinesisClient;
  readonly lambda: LambdaClient;
}

/** What the operator's command asks about a target that is a resource of AWS. */
export interface AwsTargetDoctor {
  /** Where the relay publishes to, the default first. */
  readonly destinations: (deployed: DeployedTarget) => readonly Destination[];
  /** Rejects where there is none of that address. */
  readonly describe: (clients: DescribingClients, address: string) => Promise<DescribedTarget>;
  /**
   * The ARN of an address of another form.
   *
   * @default the address is the ARN, or a name in the relay's own account
   */
  readonly arnOf?: (address: string, relay: Place) => string;
}

/** Where a function stands in AWS. */
export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** A resource of AWS that the relay publishes to, as AWS describes it. */
export interface DescribedTarget {
  readonly arn: string;
  /** The key that it is encrypted with: an ARN, an id or an alias. */
  readonly keyId?: string | undefined;
  /** Why it takes nothing although it is there. */
  readonly trouble?: TargetTrouble;
}

export type TargetTrouble =
  | { readonly kind: "state"; readonly awsState: string | undefined }
  /** Its reserved concurrency is 0, so Lambda never runs it. */
  | { readonly kind: "never-run"; readonly functionName: string };

/** The destinations as told, the default first. */
export const toldIn = (deployed: DeployedTarget, first: string): readonly string[] => [
  shownField(deployed[first]),
  ...listOf(deployed["alsoTo"]).map(shownField),
];

/**
 * The ARN of a destination of another account than the relay's, which nobody here may be allowed to describe. Undefined for one
 * of the relay's own account, and where the relay is gone and so nothing is known of it.
 */
export function foreignArn(
  { arnOf = (each) => each }: AwsTargetDoctor,
  address: string,
  relayArn: string | undefined,
): string | undefined {
  if (relayArn === undefined) return undefined;
  const [, partition = "", , region = "", account = ""] = relayArn.split(":");
  const arn = arnOf(address, { partition, region, account });
  const owner = arn.split(":")[4] ?? account;
  return owner === account ? undefined : arn;
}
