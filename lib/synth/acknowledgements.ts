import { Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/**
 * Findings of cdk-nag's packs AwsSolutions and Serverless that are intended, each with its reason. The construct
 * acknowledges them, so that an app which uses it passes the packs too. An aws-cdk-lib that is older than acknowledgements
 * gets none: the packs that know them ask for a newer one themselves.
 */

export function acknowledgeFunctionFindings(created: IConstruct): void {
  acknowledge(
    created,
    "Serverless-LambdaDLQ",
    "The stream invokes the relay, and a failed run of the requeuer is replaced by the next: no event is in its payload.",
  );
  acknowledge(
    created,
    "Serverless-LambdaTracing",
    "Trace context travels in the events as traceparent. X-Ray would cost 43 ms of each cold start and a wildcard grant.",
  );
}

export function acknowledgeNetworkFindings(role: IConstruct): void {
  acknowledge(
    role,
    "AwsSolutions-IAM5[Resource::*]",
    "Lambda makes the network interfaces of a function in a VPC with these actions, before anything has an ARN.",
  );
}

/** The services that AWS's layers of OpenTelemetry send to. */
export function acknowledgeExportFindings(role: IConstruct, wildcards: readonly string[]): void {
  for (const wildcard of wildcards) {
    acknowledge(
      role,
      `AwsSolutions-IAM5[Resource::${readable(role, wildcard)}]`,
      "X-Ray's actions know no resource, and Application Signals makes log streams of its own in the one log group it has.",
    );
  }
}

/** Names of the archive's objects hold the time of writing, so nobody can list them beforehand. */
export function acknowledgeArchiveGrant(role: IConstruct, objects: string): void {
  acknowledge(
    role,
    `AwsSolutions-IAM5[Resource::${readable(role, objects)}]`,
    "The function writes objects under the relay's own prefix, and each has a name that says when it was written.",
  );
}

/** The names of objects that an audit reads are not known before they are written. */
export function acknowledgeAuditGrant(role: IConstruct, objects: string): void {
  acknowledge(
    role,
    `AwsSolutions-IAM5[Resource::${readable(role, objects)}]`,
    "The function reads the relay's own objects, and each has a name that says when it was written.",
  );
}

export function acknowledgeAuditFindings(created: IConstruct): void {
  acknowledge(
    created,
    "Serverless-LambdaAsyncFailureDestination",
    "The schedule's payload says nothing, and an alarm tells of an audit that did not come to its end.",
  );
}

export function acknowledgeArchiveFindings(bucket: IConstruct): void {
  acknowledge(
    bucket,
    "AwsSolutions-S1",
    "An access log would be another bucket, with a line for each object. CloudTrail's data events say who reads it.",
  );
}

export function acknowledgeRelayFindings(relay: IConstruct): void {
  acknowledge(
    relay,
    "AwsSolutions-IAM5[Resource::*]",
    "dynamodb:ListStreams knows no resource. It returns the names of streams and no data.",
  );
}

export function acknowledgeRequeuerFindings(created: IConstruct): void {
  acknowledge(
    created,
    "Serverless-LambdaAsyncFailureDestination",
    "The schedule's payload says nothing, the next run does the same work, and an alarm tells of missing runs.",
  );
}

export function acknowledgeDeadLetterQueueFindings(queue: IConstruct): void {
  const reason =
    "This is the dead-letter queue. The requeuer tries for ever, and a message moved on would be lost to it.";
  acknowledge(queue, "AwsSolutions-SQS3", reason);
  acknowledge(queue, "Serverless-SQSRedrivePolicy", reason);
}

export function acknowledgeBusGuardFindings(rule: IConstruct): void {
  acknowledge(rule, "Serverless-EventBusDLQ", "The rule matches nothing and has no target, so nothing of it can fail.");
}

export function acknowledgeTargetQueueFindings(queue: IConstruct): void {
  const reason = "Whoever consumes from the queue decides how often to try a message and where to put it then.";
  acknowledge(queue, "AwsSolutions-SQS3", reason);
  acknowledge(queue, "Serverless-SQSRedrivePolicy", reason);
}

type Resolved =
  | string
  | { readonly Ref: string }
  | { readonly "Fn::GetAtt": readonly [string, string] }
  | { readonly "Fn::Join": readonly [string, readonly Resolved[]] };

/** A string with tokens as cdk-nag shows it: a reference to `AWS::Region` becomes `<AWS::Region>`. */
const readable = (scope: IConstruct, text: string): string => shown(Stack.of(scope).resolve(text) as Resolved);

function shown(resolved: Resolved): string {
  if (typeof resolved === "string") return resolved;
  if ("Ref" in resolved) return `<${resolved.Ref}>`;
  if ("Fn::GetAtt" in resolved) return `<${resolved["Fn::GetAtt"].join(".")}>`;
  // What another stack exports is known under its name there only when all stacks are synthesized.
  return "Fn::Join" in resolved ? resolved["Fn::Join"][1].map(shown).join("") : JSON.stringify(resolved);
}

/** Undefined in the oldest aws-cdk-lib that the construct works with. */
const validations: Partial<typeof Validations> | undefined = Validations;

function acknowledge(scope: IConstruct, id: string, reason: string): void {
  validations?.of?.(scope).acknowledge?.({ id, reason });
}
