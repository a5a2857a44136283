import { DescribeKeyCommand, GetKeyPolicyCommand } from "@aws-sdk/client-kms";
import { policyVerdict, type ServiceRequest } from "../../core/policy-verdict.ts";
import type { OperatorClients } from "../clients.ts";

/** Whether a service of AWS may use a key of KMS, as far as the key and its own policy tell. */
export type KeyUse =
  | { readonly kind: "usable" }
  /** A key that AWS manages: its policy is AWS's, and cannot be changed. */
  | { readonly kind: "aws-managed" }
  | { readonly kind: "missing" }
  /** Whatever is not `Enabled`, such as `Disabled` or `PendingDeletion`. */
  | { readonly kind: "out-of-use"; readonly state: string | undefined }
  /** Each action that the policy does not allow, or of which it says more than is read here. */
  | { readonly kind: "denied" | "unclear"; readonly actions: readonly string[] };

/**
 * Checks a key, and its policy where the key is a customer's.
 *
 * @param requestsFor what the service asks of the key with this ARN.
 * @throws the error of KMS where it refuses to describe the key or its policy.
 */
export async function keyUse(
  { kms }: OperatorClients,
  keyId: string,
  requestsFor: (keyArn: string) => readonly ServiceRequest[],
): Promise<KeyUse> {
  const key = await describedKey(kms, keyId);
  if (key === "missing") return { kind: "missing" };
  if (key?.KeyManager === "AWS") return { kind: "aws-managed" };
  if (key?.KeyState !== "Enabled") return { kind: "out-of-use", state: key?.KeyState };
  const arn = key.Arn ?? keyId;
  const { Policy: policy = "" } = await kms.send(new GetKeyPolicyCommand({ KeyId: arn, PolicyName: "default" }));
  const verdicts = requestsFor(arn).map((request) => ({ ...request, verdict: policyVerdict(policy, request) }));
  const actionsThat = (wanted: "denied" | "unclear") => [
    ...new Set(verdicts.filter(({ verdict }) => verdict === wanted).map(({ action }) => action)),
  ];
  for (const kind of ["denied", "unclear"] as const) {
    const actions = actionsThat(kind);
    if (actions.length > 0) return { kind, actions };
  }
  return { kind: "usable" };
}

async function describedKey(kms: OperatorClients["kms"], keyId: string) {
  try {
    return (await kms.send(new DescribeKeyCommand({ KeyId: keyId }))).KeyMetadata;
  } catch (error) {
    if (error instanceof Error && error.name === "NotFoundException") return "missing";
    throw error;
  }
}
