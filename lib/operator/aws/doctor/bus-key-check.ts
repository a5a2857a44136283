import { DescribeEventBusCommand } from "@aws-sdk/client-eventbridge";
import { isUnprotected } from "../../../targets/eventbridge/bus-checks.ts";
import { eventbridgeDoctor } from "../../../targets/eventbridge/doctor.ts";
import { foreignArn } from "../../../targets/shared/doctor/aws-target.ts";
import type { ServiceRequest } from "../../core/policy-verdict.ts";
import type { OperatorClients } from "../clients.ts";
import { targetOf } from "../deployment.ts";
import { ifThere } from "../deployment-fault.ts";
import { explained } from "../operator-error.ts";
import type { Check } from "./finding.ts";
import { keyUse } from "./key-use.ts";
import type { BusKeyDoubt, BusKeyFault } from "./target-findings.ts";

/**
 * Whether a bus that is encrypted with a customer's key can use it, and what becomes of events when it cannot: EventBridge
 * acknowledges an event before it encrypts it.
 */
export const checkBusKey: Check = async ({ clients, deployment }) => {
  const deployed = targetOf(deployment);
  if (deployed["kind"] !== "eventbridge") return { state: "fine", code: "target-without-bus" };
  const buses = eventbridgeDoctor
    .destinations(deployed)
    .map(({ address }) => address)
    // Another account shows its bus to nobody; the check of the target tells that.
    .filter((bus) => foreignArn(eventbridgeDoctor, bus, deployment.relay?.FunctionArn) === undefined);
  const results = await Promise.all(buses.map((bus) => checkBus(clients, bus)));
  const faults = results.flatMap((each) => each.faults);
  if (faults.length > 0) return { state: "wrong", code: "bus-keys-wrong", faults };
  const doubts = results.flatMap((each) => each.doubts);
  if (doubts.length > 0) return { state: "unknown", code: "bus-keys-unclear", doubts };
  return { state: "fine", code: "bus-keys-right", buses: results.flatMap(({ hasKey, bus }) => (hasKey ? [bus] : [])) };
};

interface BusResult {
  readonly bus: string;
  /** It is encrypted with a customer's key. */
  readonly hasKey: boolean;
  readonly faults: readonly BusKeyFault[];
  readonly doubts: readonly BusKeyDoubt[];
}

async function checkBus(clients: OperatorClients, bus: string): Promise<BusResult> {
  const shown = await ifThere(clients.eventbridge.send(new DescribeEventBusCommand({ Name: bus })));
  const keyId = shown?.KmsKeyIdentifier ?? "";
  // A bus that is gone is told by the check of the target.
  if (shown === undefined || keyId === "") return { bus, hasKey: false, faults: [], doubts: [] };
  const { faults, doubts } = await checkKey(clients, bus, shown.Arn ?? "", keyId);
  const unprotected = { bus, keyId, kind: "unprotected" } as const;
  return { bus, hasKey: true, faults: [...(isUnprotected(shown) ? [unprotected] : []), ...faults], doubts };
}

async function checkKey(
  clients: OperatorClients,
  bus: string,
  busArn: string,
  keyId: string,
): Promise<Pick<BusResult, "faults" | "doubts">> {
  const fault = (each: BusKeyFault) => ({ faults: [each], doubts: [] });
  const doubt = (each: BusKeyDoubt) => ({ faults: [], doubts: [each] });
  try {
    const use = await keyUse(clients, keyId, (keyArn) =>
      KEY_ACTIONS.map((action) => requestFor(action, keyArn, busArn)),
    );
    switch (use.kind) {
      case "usable":
      case "aws-managed":
        return { faults: [], doubts: [] };
      case "missing":
        return fault({ bus, keyId, kind: "missing" });
      case "out-of-use":
        return fault({ bus, keyId, kind: "out-of-use", keyState: use.state });
      case "denied":
        return fault({ bus, keyId, kind: "denied", actions: use.actions });
      case "unclear":
        return doubt({ bus, keyId, kind: "unclear", actions: use.actions });
    }
  } catch (error) {
    const explanation = explained(error);
    if (explanation === undefined) throw error;
    return doubt({ bus, keyId, kind: "refused", message: explanation.message });
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
