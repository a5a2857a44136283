import { SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { boundedMap } from "../../../core/parallel.ts";
import type { OperatorClients } from "../clients.ts";
import { DEPLOY } from "../deployment-fault.ts";
import { type Check, type Found, fine, unknown, wrong } from "./finding.ts";
import { type Probe, probesFor } from "./permission-probes.ts";

/**
 * Asks IAM whether the roles may do what they must: nothing is done. IAM judges by the roles' own policies and the
 * organization's; what a key's, a queue's or a bus's own policy forbids does not show.
 */
export const checkPermissions: Check = async (checked) => {
  const { clients } = checked;
  const { probes, uncheckable } = await probesFor(checked);
  const [first] = probes;
  if (first === undefined) return unknown("the roles are not known");
  // An answer is worth something only from one who can say no.
  const nonsense = { ...first, actions: [NEVER_GRANTED], resources: ["*"] };
  if ((await deniedOf(clients, nonsense)).length === 0) {
    return unknown("IAM allows everything here, as an emulator's does, so asking it proves nothing");
  }
  const denied = (
    await boundedMap(probes, PROBES_AT_ONCE, async (probe) => wordsFor(probe, await deniedOf(clients, probe)))
  ).flat();
  return verdict(denied, uncheckable);
};

const NEVER_GRANTED = "iam:CreateUser";
/** IAM throttles this call early. */
const PROBES_AT_ONCE = 2;

function verdict(denied: readonly string[], uncheckable: readonly string[]): Found {
  if (denied.length > 0) return wrong(denied.join("; "), DEPLOY);
  return uncheckable.length === 0
    ? fine("IAM says that the roles of relay, requeuer and schedule may do what they must")
    : unknown(
        `IAM denies the roles nothing that was asked; not asked, because it could not be looked up: ${uncheckable.join(", ")}`,
      );
}

const wordsFor = ({ role, resources }: Probe, denied: readonly string[]): readonly string[] =>
  denied.length === 0 ? [] : [`the ${role}'s role may not ${denied.join(", ")} on ${resources[0]}`];

/** Those of a probe's actions that IAM allows on none of its resources. */
async function deniedOf({ iam }: OperatorClients, { roleArn, actions, resources }: Probe): Promise<readonly string[]> {
  const allowed = new Set<string>();
  for (const resource of resources) {
    const { EvaluationResults: results = [] } = await iam.send(
      new SimulatePrincipalPolicyCommand({
        ...{ PolicySourceArn: roleArn, ActionNames: [...actions], ResourceArns: [resource] },
        MaxItems: 1_000,
      }),
    );
    for (const { EvalDecision: decision, EvalActionName: action = "" } of results) {
      if (decision === "allowed") allowed.add(action);
    }
  }
  return actions.filter((action) => !allowed.has(action));
}
