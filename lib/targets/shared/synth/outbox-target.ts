import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { TargetKind } from "../../../contract/deployment/target-kind.ts";
import type { CallTimeout } from "../../../contract/settings/call-timeout.ts";

/** The target of a relay: made by a function of `OutboxTarget`, passed to the construct as `target`. */
export interface OutboxTarget {
  /** Chooses the functions' bundle: each bundle holds one target's client. */
  readonly kind: TargetKind;
  /** Where the functions must run to reach the target. Absent: outside any VPC. */
  readonly network?: TargetNetwork;
  /** How long a call may take, if the target has a setting for it. The relay's timeout must allow it. */
  readonly callTimeout?: CallTimeout;
  /**
   * The target as seen from a relay in this place: a destination in the same account and region needs only its name.
   *
   * @throws SettingError if the relay cannot reach it from there.
   */
  deployedIn(scope: Construct): DeployedTarget;
}

export interface DeployedTarget {
  /**
   * The target's name for people: the bus's or stream's name, the queue's URL, the topic's or function's ARN; the ARN
   * if it is in another account. The stack's output `TargetName`.
   */
  readonly targetName: string;
  /** The functions' settings of the target, in the environment variable `OUTBOX_RELAY_TARGET`. Never a secret. */
  readonly environment: TargetEnvironment;
  /**
   * The AWS resources that the target publishes to, for the operator's checks that they exist. Absent: it is outside
   * AWS.
   */
  readonly resourceArns?: readonly string[];
  /** The customer-managed keys of these resources, as far as the app knows them. Absent: none is known. */
  readonly keyArns?: readonly string[];
  /**
   * Whether the functions check that the target exists, since it would acknowledge events even if it does not.
   *
   * @default false
   */
  readonly hasExistenceChecks?: boolean;
  /** Allows a function to publish, and nothing else. */
  grantPublish(grantee: IGrantable): void;
}

/** JSON, with tokens in its strings, that the target's publisher reads when a function starts. */
export type TargetEnvironment = Readonly<Record<string, unknown>> & { readonly kind: TargetKind };

/**
 * A place in a VPC. From there the functions must also reach DynamoDB, SQS, CloudWatch Logs and the services that hold
 * their secrets: by VPC endpoints or a NAT gateway.
 */
export interface TargetNetwork {
  readonly vpc: IVpc;
  /** @default the VPC's private subnets */
  readonly subnets?: SubnetSelection;
  /** The functions' security groups, which the target's must let in. @default one that may connect anywhere is made */
  readonly securityGroups?: readonly ISecurityGroup[];
}
