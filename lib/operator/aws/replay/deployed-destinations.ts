import type { KnownDestinations } from "../../core/replay/destinations.ts";
import { type Deployment, targetOf } from "../deployment.ts";
import { AWS_TARGETS, isAwsTarget, isOutsideAws, REACHED_TARGETS } from "../doctor/target-doctors.ts";
import { OperatorError } from "../operator-error.ts";

/**
 * Where the deployed relay may publish to.
 *
 * @throws OperatorError for a kind of target that this version does not know.
 */
export function deployedDestinations(deployment: Pick<Deployment, "variables">): KnownDestinations {
  const deployed = targetOf(deployment);
  const { kind } = deployed;
  const [first, ...others] = isAwsTarget(kind)
    ? AWS_TARGETS[kind].destinations(deployed)
    : isOutsideAws(kind)
      ? REACHED_TARGETS[kind].destinations(deployed)
      : [];
  if (first !== undefined) return [first, ...others];
  throw new OperatorError(
    "failed",
    `The relay publishes to a target of kind ${JSON.stringify(kind)}, which this version of the command does not know: use the version that deployed it.`,
  );
}
