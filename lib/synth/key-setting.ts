import { type IKey, Key } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { readMatch, refuse } from "../contract/settings/setting-reader.ts";

/** Not an alias: an alias may later name another key, and IAM policies cannot name it. */
const KEY_ARN = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;

/** Reads the ARN of a customer-managed key. */
export const readKeyArn = (path: string, value: unknown): string =>
  readMatch(path, value, KEY_ARN, "it must be the ARN of a KMS key, arn:<partition>:kms:<region>:<account>:key/<id>");

/** Reads the key of a given resource. */
export const readKeyOf = (path: string, keyArn: unknown): { readonly keyArn?: string } =>
  keyArn === undefined ? {} : { keyArn: readKeyArn(`${path}.keyArn`, keyArn) };

/** Refuses a key for a resource that the stack makes. */
export function refuseKeyOfNothing(path: string, keyArn: unknown, arnName: string): void {
  if (keyArn !== undefined) refuse(`${path}.keyArn`, keyArn, `it is the key of what ${arnName} names: give that too`);
}

/**
 * Imports the key that the settings name for a resource, if they name one. A key of several resources is imported once.
 */
export function keyFromSetting(scope: Construct, keyArn: string | undefined): { readonly encryptionKey?: IKey } {
  if (keyArn === undefined) return {};
  const id = `Key${keyArn.replace(/^.*\//, "")}`;
  const known = scope.node.tryFindChild(id) as IKey | undefined;
  return { encryptionKey: known ?? Key.fromKeyArn(scope, id, keyArn) };
}
