import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { CallTimeout } from "../../../contract/call-timeout.ts";
import type { TargetKind } from "../../../contract/target-kind.ts";

/** Where a relay publishes to: made by a function of `OutboxTarget`, given to the construct as `target`. */
export interface OutboxTarget {
  /** Chooses the functions' bundle: each holds one target's client. */
  readonly kind: TargetKind;
  /** Where the functions must run to reach the target. Absent: outside any VPC. */
  readonly network?: TargetNetwork;
  /** How long a call may take, where that is a setting of the target's. The relay must have the time. */
  readonly callTimeout?: CallTimeout;
  /**
   * The target as a relay in this place has it: what is in the same account and region needs less to be found.
   *
   * @throws SettingError where the relay cannot reach it from there.
   */
  deployedIn(scope: Construct): DeployedTarget;
}

export interface DeployedTarget {
  /** What people know the target by: the bus's or stream's name, the queue's URL, the topic's or function's ARN, the ARN where it is in another account. The stack's output `TargetName`. */
  readonly targetName: string;
  /** What the functions are told, as the environment variable `OUTBOX_RELAY_TARGET` holds it. Never a secret. */
  readonly environment: TargetEnvironment;
  /** The resources of AWS that it publishes to, by which an operator may see that they are there. Absent: none of AWS. */
  readonly resourceArns?: readonly string[];
  /** The customer-managed keys of those, as far as the app knows them. Absent: it knows of none. */
  readonly keyArns?: readonly string[];
  /** Whether the functions look if it exists, since it would acknowledge what is for one that does not. @default false */
  readonly hasExistenceChecks?: boolean;
  /** Allows a function to publish, and nothing more. */
  grantPublish(grantee: IGrantable): void;
}

/** JSON, with tokens in its texts, that the target's publisher reads when a function starts. */
export type TargetEnvironment = Readonly<Record<string, unknown>> & { readonly kind: TargetKind };

/**
 * A place in a VPC. From there the functions must also reach DynamoDB, SQS, CloudWatch Logs and where their secrets are:
 * by VPC endpoints or a NAT gateway.
 */
export interface TargetNetwork {
  readonly vpc: IVpc;
  /** @default the VPC's private subnets */
  readonly subnets?: SubnetSelection;
  /** The functions' own security groups, which the target's must let in. @default one is made that may connect anywhere */
  readonly securityGroups?: readonly ISecurityGroup[];
}
