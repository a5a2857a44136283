import type { KnownDestination, KnownDestinations } from "../../core/replay/destinations.ts";
import { type Deployment, targetOf } from "../deployment.ts";
import { AWS_TARGETS, isAwsTarget, isOutsideAws, REACHED_TARGETS } from "../doctor/target-doctors.ts";
import { OperatorError } from "../operator-error.ts";

/**
 * Where the deployed relay may publish to.
 *
 * @throws OperatorError for a kind of target that this version does not know.
 */
export function deployedDestinations(deployment: Pick<Deployment, "variables">): KnownDestinations {
  const [first, ...others] = destinationsOf(deployment);
  if (first !== undefined) return [first, ...others];
  throw new OperatorError(
    "failed",
    `The relay publishes to a target of kind ${JSON.stringify(targetOf(deployment)["kind"])}, which this version of the command does not know: use the version that deployed it.`,
  );
}

/** Whether rows may call a destination of the deployed relay so. */
export const isDeployedName = (deployment: Pick<Deployment, "variables">, named: string): boolean =>
  destinationsOf(deployment).some(({ address, names }) => [address, ...names].includes(named));

/** None for a kind of target that this version does not know. */
function destinationsOf(deployment: Pick<Deployment, "variables">): readonly KnownDestination[] {
  const deployed = targetOf(deployment);
  const { kind } = deployed;
  if (isAwsTarget(kind)) return AWS_TARGETS[kind].destinations(deployed);
  return isOutsideAws(kind) ? REACHED_TARGETS[kind].destinations(deployed) : [];
}
