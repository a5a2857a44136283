import { type Duration, Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Alias } from "aws-cdk-lib/aws-lambda";
import { Schedule, ScheduleExpression, TimeWindow } from "aws-cdk-lib/aws-scheduler";
import type { Construct } from "constructs";
import { INVOKE_ACTION } from "../../contract/deployment/permissions.ts";

export interface AliasScheduleProps {
  readonly relayName: string;
  /** What the function is called. */
  readonly invoked: string;
  readonly every: Duration;
  /** The schedule's own tries, where Lambda does not take the invocation. */
  readonly retryPolicy: { readonly maximumRetryAttempts: number; readonly maximumEventAgeInSeconds: number };
}

/** A schedule that invokes one function, and the role with which it does. */
export function scheduleAlias(
  scope: Construct,
  target: Alias,
  { relayName, invoked, every, retryPolicy }: AliasScheduleProps,
): { readonly schedule: Schedule; readonly role: Role } {
  const role = createSchedulerRole(scope, target, invoked);
  const schedule = new Schedule(scope, "Schedule", {
    description: `Runs the ${invoked} of ${relayName}`,
    schedule: ScheduleExpression.rate(every),
    enabled: true,
    timeWindow: TimeWindow.off(),
    // Made by hand: the CDK's LambdaInvoke target would allow more than this alias.
    target: { bind: () => ({ arn: target.functionArn, role, retryPolicy }) },
  });
  return { schedule, role };
}

/** The role with which a schedule invokes one function, and nothing else. */
function createSchedulerRole(scope: Construct, target: Alias, invoked: string): Role {
  const stack = Stack.of(scope);
  const role = new Role(scope, "SchedulerRole", {
    description: `Lets the schedule invoke the ${invoked}`,
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
      conditions: {
        // Without these, a schedule of another account could be made to use this role.
        StringEquals: {
          "aws:SourceAccount": stack.account,
          "aws:SourceArn": stack.formatArn({
            service: "scheduler",
            resource: "schedule-group",
            resourceName: "default",
          }),
        },
      },
    }),
  });
  role.addToPolicy(new PolicyStatement({ actions: [INVOKE_ACTION], resources: [target.functionArn] }));
  return role;
}
