import type { AwsTargetKind } from "../../../contract/deployment/target-kind.ts";
import { listOf } from "../../../contract/foreign-value.ts";
import { shownField } from "../../../contract/shown-value.ts";
import { type DeployedTarget, foreignArn } from "../../../targets/shared/doctor/aws-target.ts";
import { type Deployment, targetOf } from "../deployment.ts";
import { isMissing } from "../deployment-fault.ts";
import type { Check, Checked, Found } from "./finding.ts";
import { type Reached, reach } from "./reach.ts";
import { AWS_TARGETS, isAwsTarget, isOutsideAws, type KindOutsideAws, REACHED_TARGETS } from "./target-doctors.ts";
import type { DestinationTrouble } from "./target-findings.ts";

/** Whether the target is there. No event is sent. */
export const checkTarget: Check = async (checked) => {
  const deployed = targetOf(checked.deployment);
  const { kind } = deployed;
  if (isAwsTarget(kind)) return checkAwsTarget(kind, deployed, checked);
  return isOutsideAws(kind)
    ? checkReach(kind, checked)
    : { state: "unknown", code: "target-kind-unknown", kind: shownField(kind) };
};

async function checkAwsTarget(
  kind: AwsTargetKind,
  deployed: DeployedTarget,
  { clients, deployment }: Checked,
): Promise<Found> {
  const doctor = AWS_TARGETS[kind];
  const unverified = listOf(deployed["unverified"]);
  const addresses: string[] = [];
  const troubles: DestinationTrouble[] = [];
  const foreign: { readonly address: string; readonly isUnverified: boolean }[] = [];
  for (const { address } of doctor.destinations(deployed)) {
    try {
      const { trouble } = await doctor.describe(clients, address);
      if (trouble === undefined) addresses.push(address);
      else troubles.push({ address, ...trouble });
    } catch (error) {
      // Another account need not let anybody describe its resources, and may then answer as if there were none.
      if (foreignArn(doctor, address, deployment.relay?.FunctionArn) !== undefined) {
        foreign.push({ address, isUnverified: unverified.includes(address) });
      } else if (isMissing(error)) {
        troubles.push({ address, kind: "missing" });
      } else throw error;
    }
  }
  if (troubles.length > 0) return { state: "wrong", code: "destinations-wrong", kind, troubles };
  return foreign.length === 0
    ? { state: "fine", code: "destinations-right", kind, addresses }
    : { state: "out of sight", code: "destinations-foreign", kind, addresses, foreign };
}

async function checkReach(kind: KindOutsideAws, { deployment }: Checked): Promise<Found> {
  const deployed = targetOf(deployment);
  const target = REACHED_TARGETS[kind];
  const addresses = target.addresses(deployed);
  const places = addresses.map(({ host, port }) => `${host}:${port}`);
  const vpcId = vpcOf(deployment);
  if (vpcId !== undefined) return { state: "out of sight", code: "target-in-vpc", places, vpcId };
  const reached = await Promise.all(addresses.map(reach));
  const [trouble] = reached.flatMap((each, index) =>
    troubleIn(each, String(places[index]), deployed["ca"] !== undefined),
  );
  const taker = target.destinations(deployed)[0]?.address ?? "";
  return trouble ?? { state: "out of sight", code: "places-answer", places, kind, taker };
}

function troubleIn(reached: Reached, place: string, ownAuthority: boolean): readonly Found[] {
  switch (reached.kind) {
    case "nobody":
      return [{ state: "wrong", code: "nobody-listens", place, errorCode: reached.code }];
    case "silence":
      return [{ state: "unknown", code: "place-silent", place, errorCode: reached.code }];
    case "answers":
      // With an authority of its own, which is a secret, only the relay can tell.
      return reached.distrusted === undefined || ownAuthority
        ? []
        : [{ state: "wrong", code: "certificate-distrusted", place, reason: reached.distrusted }];
  }
}

const vpcOf = ({ relay, requeuer }: Deployment): string | undefined => {
  const id = (relay ?? requeuer)?.VpcConfig?.VpcId;
  return id === undefined || id === "" ? undefined : id;
};
