import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { IStringParameter } from "aws-cdk-lib/aws-ssm";
import {
  type Readers,
  readAll,
  readFields,
  readList,
  readText,
  refuse,
} from "../../../contract/settings/setting-reader.ts";
import { ARN_SHAPES } from "../../../synth/arns.ts";
import { readKey, resource, resourceByArn } from "../../../synth/cdk-values.ts";
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

/** The CDK itself checks and explains the contents. */
const SUBNET_NAMES = [
  ...(["subnetType", "availabilityZones", "onePerAz", "subnetFilters", "subnetGroupName"] as const),
  ...(["subnetName", "subnets"] as const),
];

const NETWORK: Readers<TargetNetwork> = {
  vpc: readVpc,
  subnets: (path, value) => readFields(path, value, SUBNET_NAMES) as SubnetSelection,
  securityGroups: (path, value) => readList(path, value, readSecurityGroup),
};

/** Reads where the functions must run. */
export const readNetwork = (path: string, value: unknown): TargetNetwork =>
  readAll<TargetNetwork>(path, value, NETWORK, ["vpc"]);

const SECRET =
  "it must be { secret } with a secret of Secrets Manager, and a field of it, or { parameter } of the Parameter Store: " +
  "a credential itself would stand in the template for all to read";

const readSecret = resourceByArn<ISecret>({ shape: ARN_SHAPES.secret, arn: "secretArn" }, [], SECRET);
const readParameter = resourceByArn<IStringParameter>(
  { shape: ARN_SHAPES.parameter, arn: "parameterArn" },
  ["parameterName"],
  SECRET,
);

/** Reads where a secret is kept. Any other value may be the secret itself, so it is not shown. */
export function readTargetSecret(path: string, value: unknown): TargetSecret {
  if (typeof value !== "object" || value === null) return refuse(path, typeof value, SECRET);
  const given = readFields(path, value, ["secret", "field", "parameter", "encryptionKey"]);
  const { secret, field, parameter } = given;
  const encryptionKey =
    given.encryptionKey === undefined ? {} : { encryptionKey: readKey(`${path}.encryptionKey`, given.encryptionKey) };
  if (parameter !== undefined && secret === undefined && field === undefined) {
    return { parameter: readParameter(`${path}.parameter`, parameter), ...encryptionKey };
  }
  if (parameter !== undefined)
    return refuse(path, value, "it must hold either secret, with or without field, or parameter");
  return {
    secret: readSecret(`${path}.secret`, secret),
    ...(field === undefined ? {} : { field: readText(`${path}.field`, field) }),
    ...encryptionKey,
  };
}
