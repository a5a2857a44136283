import { SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { boundedMap } from "../../../core/parallel.ts";
import type { OperatorClients } from "../clients.ts";
import type { Check } from "./finding.ts";
import { type PermissionQuestion, questionsFor } from "./permission-questions.ts";
import type { Denial } from "./target-findings.ts";

/**
 * Asks IAM whether the roles may do what they must: nothing is done. IAM judges by the roles' own policies and the
 * organization's; what a key's, a queue's or a bus's own policy forbids does not show.
 */
export const checkPermissions: Check = async (checked) => {
  const { clients } = checked;
  const { questions, unasked } = await questionsFor(checked);
  const [first] = questions;
  if (first === undefined) return { state: "unknown", code: "roles-unknown" };
  // IAM's answer proves something only if IAM can also answer no.
  const nonsense = { ...first, actions: [NEVER_GRANTED], resources: ["*"] };
  if ((await deniedOf(clients, nonsense)).length === 0) {
    return { state: "unknown", code: "iam-allows-all" };
  }
  const asked = await boundedMap(questions, QUESTIONS_AT_ONCE, async (question) =>
    denialOf(question, await deniedOf(clients, question)),
  );
  const denials = asked.flat();
  if (denials.length > 0) return { state: "wrong", code: "roles-denied", denials };
  return unasked.length === 0
    ? { state: "fine", code: "roles-allowed" }
    : { state: "unknown", code: "roles-partly-asked", unasked };
};

const NEVER_GRANTED = "iam:CreateUser";
/** IAM throttles this call early. */
const QUESTIONS_AT_ONCE = 2;

const denialOf = (
  { role, resources: [resource] }: PermissionQuestion,
  actions: readonly string[],
): readonly Denial[] => (actions.length === 0 ? [] : [{ role, actions, resource }]);

/** Those of a question's actions that IAM allows on none of its resources. */
async function deniedOf(
  { iam }: OperatorClients,
  { roleArn, actions, resources, context }: PermissionQuestion,
): Promise<readonly string[]> {
  const allowed = new Set<string>();
  for (const resource of resources) {
    const { EvaluationResults: results = [] } = await iam.send(
      new SimulatePrincipalPolicyCommand({
        ...{ PolicySourceArn: roleArn, ActionNames: [...actions], ResourceArns: [resource] },
        ...(context === undefined ? {} : { ContextEntries: [...context] }),
        MaxItems: 1_000,
      }),
    );
    for (const { EvalDecision: decision, EvalActionName: action = "" } of results) {
      if (decision === "allowed") allowed.add(action);
    }
  }
  return actions.filter((action) => !allowed.has(action));
}
