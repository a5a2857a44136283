import { type IKey, Key } from "aws-cdk-lib/aws-kms";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import type { Construct } from "constructs";
import { readFields, readMatch, readText, refuse } from "../../core/setting-reader.ts";
import { readKeyArn, readSecretArn } from "./secret-arn.ts";
import type { TargetSecret } from "./target-secret.ts";

/** A secret as the app's settings name it. */
export type SecretSetting = (
  | { readonly secretArn: string; readonly field?: string }
  | { readonly parameterName: string }
) & {
  /** The customer-managed key that it is encrypted with. @default AWS's own */
  readonly keyArn?: string;
};

const PARAMETER_NAME = /^[\w.\-/]{1,1011}$/;

/** Reads `{ "secretArn": ..., "field"?: ..., "keyArn"?: ... }` or `{ "parameterName": ..., "keyArn"?: ... }`. */
export function readSecretSetting(path: string, value: unknown): SecretSetting {
  const given = readFields(path, value, ["secretArn", "field", "parameterName", "keyArn"]);
  const { secretArn, field, parameterName } = given;
  if ((secretArn === undefined) === (parameterName === undefined)) {
    return refuse(path, value, "it must hold either secretArn or parameterName");
  }
  const key = given.keyArn === undefined ? {} : { keyArn: readKeyArn(`${path}.keyArn`, given.keyArn) };
  if (parameterName !== undefined) {
    const allowed = "it must be the name of a parameter in the stack's account and region";
    return { parameterName: readMatch(`${path}.parameterName`, parameterName, PARAMETER_NAME, allowed), ...key };
  }
  const arn = readSecretArn(`${path}.secretArn`, secretArn);
  return { secretArn: arn, ...(field === undefined ? {} : { field: readText(`${path}.field`, field) }), ...key };
}

/** Imports a secret that the settings name, and its key. One of the same name is imported once. */
export function secretFromSetting(scope: Construct, setting: SecretSetting): TargetSecret {
  const key = setting.keyArn === undefined ? {} : { encryptionKey: keyFromSetting(scope, setting.keyArn) };
  if ("parameterName" in setting) {
    const { parameterName } = setting;
    const id = `Parameter${parameterName.replace(/[^\w-]/g, "-")}`;
    const known = scope.node.tryFindChild(id) as StringParameter | undefined;
    const parameter = known ?? StringParameter.fromSecureStringParameterAttributes(scope, id, { parameterName });
    return { parameter, ...key };
  }
  const id = `Secret${setting.secretArn.replace(/^.*:/, "").replace(/[^\w-]/g, "-")}`;
  const known = scope.node.tryFindChild(id) as Secret | undefined;
  const secret = known ?? Secret.fromSecretCompleteArn(scope, id, setting.secretArn);
  return { secret, ...(setting.field === undefined ? {} : { field: setting.field }), ...key };
}

function keyFromSetting(scope: Construct, keyArn: string): IKey {
  const id = `Key${keyArn.replace(/^.*\//, "")}`;
  return (scope.node.tryFindChild(id) as IKey | undefined) ?? Key.fromKeyArn(scope, id, keyArn);
}
