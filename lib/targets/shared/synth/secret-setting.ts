import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import type { Construct } from "constructs";
import { type Fields, readFields, readMatch, readText, refuse } from "../../../contract/settings/setting-reader.ts";
import { keyFromSetting, readKeyArn, readKeyOf } from "../../../synth/key-setting.ts";
import type { TargetSecret } from "./target-secret.ts";

/** A secret as the app's settings name it. */
export type SecretSetting = (
  | { readonly secretArn: string; readonly field?: string }
  | { readonly parameterName: string }
) & {
  /** The secret's customer-managed key. @default AWS's own */
  readonly keyArn?: string;
};

/** With the six characters that Secrets Manager adds to the name: permissions need them. */
const SECRET_ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+-\w{6}$/;
const PARAMETER_NAME = /^[\w.\-/]{1,1011}$/;

/** Reads the whole ARN of a secret. */
export const readSecretArn = (path: string, value: unknown): string =>
  readMatch(path, value, SECRET_ARN, "it must be the whole ARN of a secret, with the six characters at its end");

/** Reads `{ "secretArn": ..., "field"?: ..., "keyArn"?: ... }` or `{ "parameterName": ..., "keyArn"?: ... }`. */
export function readSecretSetting(path: string, value: unknown): SecretSetting {
  const given = readFields(path, value, ["secretArn", "field", "parameterName", "keyArn"]);
  const { secretArn, field, parameterName } = given;
  if ((secretArn === undefined) === (parameterName === undefined)) {
    return refuse(path, value, "it must hold either secretArn or parameterName");
  }
  const key = readKeyOf(path, given.keyArn);
  if (parameterName !== undefined) {
    const allowed = "it must be the name of a parameter in the stack's account and region";
    return { parameterName: readMatch(`${path}.parameterName`, parameterName, PARAMETER_NAME, allowed), ...key };
  }
  const arn = readSecretArn(`${path}.secretArn`, secretArn);
  return { secretArn: arn, ...(field === undefined ? {} : { field: readText(`${path}.field`, field) }), ...key };
}

/** Imports a secret that the settings name, and its key. Secrets of the same name are imported once. */
export function secretFromSetting(scope: Construct, setting: SecretSetting): TargetSecret {
  const key = keyFromSetting(scope, setting.keyArn);
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

/** A login as the app's settings name it: a JSON object with `username` and `password`. */
export interface LoginSetting {
  readonly secretArn: string;
  /** The customer-managed key of that secret. @default AWS's own */
  readonly secretKeyArn?: string;
}

export const LOGIN_NAMES = ["secretArn", "secretKeyArn"] as const;

/** Reads `secretArn` and `secretKeyArn`. Undefined if neither is given. */
export function readLogin(path: string, given: Fields<(typeof LOGIN_NAMES)[number]>): Partial<LoginSetting> {
  const { secretArn, secretKeyArn } = given;
  if (secretArn === undefined) {
    if (secretKeyArn !== undefined) refuse(`${path}.secretKeyArn`, secretKeyArn, "there is no secretArn that it is of");
    return {};
  }
  return {
    secretArn: readSecretArn(`${path}.secretArn`, secretArn),
    ...(secretKeyArn === undefined ? {} : { secretKeyArn: readKeyArn(`${path}.secretKeyArn`, secretKeyArn) }),
  };
}

/** Imports a login. */
export function loginFromSetting(
  scope: Construct,
  { secretArn, secretKeyArn }: LoginSetting,
): { readonly username: TargetSecret; readonly password: TargetSecret } {
  const field = (name: "username" | "password") =>
    secretFromSetting(scope, { secretArn, field: name, ...(secretKeyArn !== undefined && { keyArn: secretKeyArn }) });
  return { username: field("username"), password: field("password") };
}
