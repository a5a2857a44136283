import { Key } from "aws-cdk-lib/aws-kms";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import { type Fields, readMatch, refuse } from "../../core/setting-reader.ts";
import type { TargetSecret } from "./target-secret.ts";

/** With the six characters at its end that Secrets Manager adds to the name: permissions need them. */
const SECRET_ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+-\w{6}$/;
/** Not an alias, which may come to name another key, and which IAM takes no permission on. */
const KEY_ARN = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;

/** Reads the whole ARN of a secret. */
export const readSecretArn = (path: string, value: unknown): string =>
  readMatch(path, value, SECRET_ARN, "it must be the whole ARN of a secret, with the six characters at its end");

/** Reads the ARN of a customer-managed key. */
export const readKeyArn = (path: string, value: unknown): string =>
  readMatch(path, value, KEY_ARN, "it must be the ARN of a KMS key, arn:<partition>:kms:<region>:<account>:key/<id>");

/** Reads the key of a resource that is given. */
export const readKeyOf = (path: string, keyArn: unknown): { readonly keyArn?: string } =>
  keyArn === undefined ? {} : { keyArn: readKeyArn(`${path}.keyArn`, keyArn) };

/** Refuses the key of a resource that the stack makes. */
export function refuseKeyOfNothing(path: string, keyArn: unknown, arnName: string): void {
  if (keyArn !== undefined) refuse(`${path}.keyArn`, keyArn, `it is the key of what ${arnName} names: give that too`);
}

/** A login as the app's settings name it: a JSON object with `username` and `password`. */
export interface LoginSetting {
  readonly secretArn: string;
  /** The customer-managed key of that secret. @default it is encrypted with AWS's own */
  readonly secretKeyArn?: string;
}

export const LOGIN_NAMES = ["secretArn", "secretKeyArn"] as const;

/** Reads `secretArn` and `secretKeyArn`. None where neither is given. */
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
  const encryptionKey =
    secretKeyArn === undefined ? {} : { encryptionKey: Key.fromKeyArn(scope, "SecretKey", secretKeyArn) };
  const secret = Secret.fromSecretAttributes(scope, "Credentials", { secretCompleteArn: secretArn, ...encryptionKey });
  return { username: { secret, field: "username" }, password: { secret, field: "password" } };
}
