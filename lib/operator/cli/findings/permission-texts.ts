import type { Denial, NetworkFound, PermissionFound, Unasked } from "../../aws/doctor/target-findings.ts";
import type { Unreached } from "../../core/reachable.ts";
import { DEPLOY } from "../texts/fault-texts.ts";
import type { FindingTexts } from "./finding-text.ts";

/** What the functions may do, and what they reach. */
export const PERMISSION_TEXTS: FindingTexts<PermissionFound | NetworkFound> = {
  "roles-unknown": () => ({ what: "the roles are not known" }),
  "iam-allows-all": () => ({
    what: "IAM allows everything here, as an emulator's does, so asking it proves nothing",
  }),
  "roles-allowed": () => ({ what: "IAM says that the roles of relay, requeuer and schedule may do what they must" }),
  "roles-denied": ({ denials }) => ({ what: denials.map(denialText).join("; "), fix: DEPLOY }),
  "roles-partly-asked": ({ unasked }) => ({
    what: `IAM denies the roles nothing that was asked; not asked, because it could not be looked up: ${unasked.map(unaskedText).join(", ")}`,
  }),
  "no-vpc": () => ({ what: "the functions are in no VPC" }),
  "services-unreached": ({ vpcId, subnets }) => ({
    what: subnets.map((subnet) => unreachedText(vpcId, subnet)).join("; "),
    fix: "add a route to a NAT gateway, or a gateway endpoint for dynamodb and interface endpoints with private DNS for the others: docs/targets.md",
  }),
  "route-table-unknown": ({ vpcId, subnetId }) => ({
    what: `the route table of the subnet ${subnetId} of ${vpcId} could not be found`,
  }),
  "services-reached": ({ vpcId, subnetIds, services }) => ({
    what: `from ${subnetIds.join(", ")} of ${vpcId} there are ways to ${services.join(", ")}; security groups, network ACLs and endpoints' policies are not judged`,
    fix: "outbox-relay put proves them by an event",
  }),
};

const denialText = ({ role, actions, resource }: Denial): string =>
  `the ${role}'s role may not ${actions.join(", ")} on ${resource}`;

const unaskedText = ({ kind, name, errorName }: Unasked): string =>
  `${kind === "key" ? `the key ${name}` : kind === "bucket" ? `the key of the bucket ${name}` : name} (${errorName})`;

function unreachedText(vpcId: string, { subnetId, services = [], uselessRoute }: Unreached): string {
  const why =
    uselessRoute === undefined
      ? ""
      : ` (its route to ${uselessRoute} takes nothing from a function, which has no public address)`;
  return `from the subnet ${subnetId} of ${vpcId} there is no way to ${services.join(", ")}${why}`;
}
