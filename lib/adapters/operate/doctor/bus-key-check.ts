import { DescribeEventBusCommand } from "@aws-sdk/client-eventbridge";
import type { ServiceRequest } from "../../../core/operate/policy-verdict.ts";
import { isUnprotected } from "../../../core/targets/bus-checks.ts";
import type { OperatorClients } from "../clients.ts";
import { targetOf } from "../deployment.ts";
import { isMissing } from "../deployment-fault.ts";
import { explained } from "../operator-error.ts";
import { AWS_TARGETS, foreignArn } from "./aws-target.ts";
import { type Check, fine, unknown, wrong } from "./finding.ts";
import { keyUse } from "./key-use.ts";

/**
 * Whether a bus that is encrypted with a customer's key can use it, and what becomes of events when it cannot: EventBridge
 * acknowledges an event before it encrypts it.
 */
export const checkBusKey: Check = async ({ clients, deployment }) => {
  const deployed = targetOf(deployment);
  if (deployed["kind"] !== "eventbridge") return fine("the target is not an event bus");
  const buses = AWS_TARGETS.eventbridge
    .destinations(deployed)
    .map(({ address }) => address)
    // Another account shows its bus to nobody; the check of the target tells that.
    .filter((bus) => foreignArn("eventbridge", bus, deployment.relay?.FunctionArn) === undefined);
  const looks = await Promise.all(buses.map((bus) => lookAt(clients, bus)));
  const faults = looks.flatMap(({ faults: each }) => each);
  if (faults.length > 0) {
    return wrong(faults.map(({ what }) => what).join("; "), [...new Set(faults.map(({ fix }) => fix))].join("; "));
  }
  const uncheckable = looks.flatMap((each) => each.uncheckable);
  if (uncheckable.length > 0) return unknown(uncheckable.join("; "));
  const keyed = looks.flatMap(({ key }) => (key === undefined ? [] : [key]));
  return fine(keyed.length === 0 ? "AWS's own" : keyed.join("; "));
};

interface Look {
  /** What is well with the bus's key. */
  readonly key?: string;
  readonly faults: readonly { readonly what: string; readonly fix: string }[];
  readonly uncheckable: readonly string[];
}

async function lookAt(clients: OperatorClients, bus: string): Promise<Look> {
  const shown = await unlessMissing(clients.eventbridge.send(new DescribeEventBusCommand({ Name: bus })));
  const keyId = shown?.KmsKeyIdentifier ?? "";
  // A bus that is gone is told by the check of the target.
  if (shown === undefined || keyId === "") return { faults: [], uncheckable: [] };
  const { faults, uncheckable } = await lookAtKey(clients, bus, shown.Arn ?? "", keyId);
  const unprotected = {
    what: `the bus ${bus} has the key ${keyId} and no dead-letter queue: once the key cannot be used it loses what it acknowledges`,
    fix: `\`aws events update-event-bus --name ${bus} --kms-key-identifier ${keyId} --dead-letter-config Arn=<an SQS queue's ARN>\`, and let events.amazonaws.com send to that queue`,
  };
  return {
    key: `the bus ${bus} may use its key, and has a dead-letter queue`,
    faults: [...(isUnprotected(shown) ? [unprotected] : []), ...faults],
    uncheckable,
  };
}

async function lookAtKey(
  clients: OperatorClients,
  bus: string,
  busArn: string,
  keyId: string,
): Promise<Pick<Look, "faults" | "uncheckable">> {
  const fault = (what: string, fix: string) => ({ faults: [{ what, fix }], uncheckable: [] });
  const doubt = (what: string) => ({ faults: [], uncheckable: [what] });
  try {
    const use = await keyUse(clients, keyId, (keyArn) =>
      KEY_ACTIONS.map((action) => requestFor(action, keyArn, busArn)),
    );
    switch (use.kind) {
      case "usable":
      case "aws-managed":
        return { faults: [], uncheckable: [] };
      case "missing":
        return fault(
          `the key ${keyId} of the bus ${bus} does not exist: the bus acknowledges events and delivers none`,
          "give the bus another key",
        );
      case "out-of-use":
        return fault(
          `the key ${keyId} of the bus ${bus} is ${use.state}: the bus acknowledges events and delivers none`,
          `\`aws kms enable-key --key-id ${keyId}\`, after \`aws kms cancel-key-deletion\` where it is pending`,
        );
      case "denied":
        return fault(
          `the policy of the key ${keyId} does not let events.amazonaws.com do ${use.actions.join(", ")}, which the bus ${bus} needs`,
          "allow it in the key's policy",
        );
      case "unclear":
        return doubt(
          `the policy of the key ${keyId} says more than is read here about ${use.actions.join(", ")} by the bus ${bus}`,
        );
    }
  } catch (error) {
    const explanation = explained(error);
    if (explanation === undefined) throw error;
    return doubt(`whether the bus ${bus} may use its key ${keyId}: ${explanation.message}`);
  }
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-key-policy.html */
const KEY_ACTIONS = ["kms:GenerateDataKey", "kms:Decrypt"] as const;

/** The request that EventBridge makes of the key for this bus. */
const requestFor = (action: string, keyArn: string, busArn: string): ServiceRequest => ({
  ...{ service: "events.amazonaws.com", action, resourceArn: keyArn },
  context: {
    "aws:sourceaccount": busArn.split(":")[4] ?? "",
    "aws:sourcearn": busArn,
    "kms:encryptioncontext:aws:events:event-bus:arn": busArn,
  },
});

async function unlessMissing<Looked>(look: Promise<Looked>): Promise<Looked | undefined> {
  try {
    return await look;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
