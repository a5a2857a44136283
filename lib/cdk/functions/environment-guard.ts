import { Annotations, type IAspect, Stack } from "aws-cdk-lib";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import type { IConstruct } from "constructs";
import { longestJsonBytes } from "./deployed-length.ts";

/**
 * The limit of all environment variables of a function together:
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 *
 * Lambda measures them as one JSON object, and says so when it refuses them:
 * https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3594
 */
const ENVIRONMENT_BYTES = 4_096;

/** How to shorten each variable. */
const WAYS_OUT: Readonly<Record<string, string>> = {
  OUTBOX_RELAY_SETTINGS: "give eventTypes as prefixes, such as order.*, or let this relay say except",
  OUTBOX_RELAY_TARGET:
    "name fewer destinations in alsoTo, behind one bus or topic that fans out; keep a ca of certificates in a parameter where the target takes one",
};

/** Refuses, at synth, functions whose environment Lambda would refuse in the middle of a deployment. */
export class EnvironmentGuard implements IAspect {
  visit(node: IConstruct): void {
    if (!(node instanceof CfnFunction)) return;
    const { variables = {} } = (Stack.of(node).resolve(node.environment) ?? {}) as {
      readonly variables?: Readonly<Record<string, unknown>>;
    };
    const sizes = Object.entries(variables).map(
      // Two pairs of quotation marks, a colon and a comma.
      ([name, value]) => [name, name.length + longestJsonBytes(node, value) + 6] as const,
    );
    const bytes = sizes.reduce((sum, [, size]) => sum + size, 1);
    if (bytes <= ENVIRONMENT_BYTES) return;
    const [[largest = "", size = 0] = []] = sizes.toSorted(([, one], [, other]) => other - one);
    const wayOut = WAYS_OUT[largest] ?? "shorten it";
    Annotations.of(node).addError(
      `The function's environment may have ${bytes} bytes when it is deployed, and Lambda takes ${ENVIRONMENT_BYTES}. ` +
        `${size} of them are ${largest}: ${wayOut}.`,
    );
  }
}
