import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { IStringParameter } from "aws-cdk-lib/aws-ssm";
import { type Readers, readAll, readFields, readList, readText, refuse } from "../../core/setting-reader.ts";
import { resource } from "../cdk-values.ts";
import type { TargetNetwork } from "./outbox-target.ts";
import type { TargetSecret } from "./target-secret.ts";

const readVpc = resource<IVpc>(
  ["vpcId"],
  "it must be a VPC of the CDK's: a Vpc, or Vpc.fromLookup(this, id, { vpcId })",
);
const readSecurityGroup = resource<ISecurityGroup>(
  ["securityGroupId"],
  "it must be a security group of the CDK's: a SecurityGroup, or SecurityGroup.fromSecurityGroupId(this, id, groupId)",
);

/** The CDK itself reads what they hold, and says what it finds there. */
const SUBNET_NAMES = [
  ...(["subnetType", "availabilityZones", "onePerAz", "subnetFilters", "subnetGroupName"] as const),
  ...(["subnetName", "subnets"] as const),
];

const NETWORK: Readers<TargetNetwork> = {
  vpc: readVpc,
  subnets: (path, value) => readFields(path, value, SUBNET_NAMES) as SubnetSelection,
  securityGroups: (path, value) => readList(path, value, readSecurityGroup),
};

/** Reads where the functions are to run. */
export const readNetwork = (path: string, value: unknown): TargetNetwork =>
  readAll<TargetNetwork>(path, value, NETWORK, ["vpc"]);

const SECRET =
  "it must be { secret } with a secret of Secrets Manager, and a field of it, or { parameter } of the Parameter Store: " +
  "a credential itself would stand in the template for all to read";

const readSecret = resource<ISecret>(["secretArn"], SECRET);
const readParameter = resource<IStringParameter>(["parameterName"], SECRET);

/** Reads where a secret is kept. What is no such place may be the secret itself, and is not shown. */
export function readTargetSecret(path: string, value: unknown): TargetSecret {
  if (typeof value !== "object" || value === null) return refuse(path, typeof value, SECRET);
  const { secret, field, parameter } = readFields(path, value, ["secret", "field", "parameter"]);
  if (parameter !== undefined && secret === undefined && field === undefined) {
    return { parameter: readParameter(`${path}.parameter`, parameter) };
  }
  if (parameter !== undefined)
    return refuse(path, value, "it must hold either secret, with or without field, or parameter");
  return {
    secret: readSecret(`${path}.secret`, secret),
    ...(field === undefined ? {} : { field: readText(`${path}.field`, field) }),
  };
}
