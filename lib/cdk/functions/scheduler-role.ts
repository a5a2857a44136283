import { Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Alias } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { INVOKE_ACTION } from "../../contract/deployment/permissions.ts";

/** The role with which a schedule invokes one function, and nothing else. */
export function createSchedulerRole(scope: Construct, target: Alias, invoked: string): Role {
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
