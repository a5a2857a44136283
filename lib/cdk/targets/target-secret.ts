import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { IStringParameter } from "aws-cdk-lib/aws-ssm";

/**
 * A credential of a target. The functions are told where it is kept and read it when they need it, again five minutes
 * later and whenever the target refuses it: a rotated secret needs no deployment.
 */
export type TargetSecret =
  /** In Secrets Manager: the whole text, or one field of the JSON object that it is. */
  | { readonly secret: ISecret; readonly field?: string }
  /** In SSM's Parameter Store, imported by `StringParameter.fromSecureStringParameterAttributes`. */
  | { readonly parameter: IStringParameter };

/** The reference, as the functions' environment holds it. */
export const secretReference = (from: TargetSecret): Readonly<Record<string, string>> =>
  "parameter" in from
    ? { parameterName: from.parameter.parameterName }
    : { secretArn: from.secret.secretArn, ...(from.field === undefined ? {} : { field: from.field }) };

/** Allows reading the secret, and the use of its customer-managed key where the construct knows one. */
export function grantReadSecret(grantee: IGrantable, from: TargetSecret): void {
  if ("parameter" in from) {
    from.parameter.grantRead(grantee);
    return;
  }
  from.secret.grantRead(grantee);
  // The CDK's own grant is written into the key's policy, and a key that was imported has none here.
  from.secret.encryptionKey?.grant(grantee, "kms:Decrypt");
}

/** The references of those secrets that are given, by their settings' names. */
export const secretReferences = (
  secrets: Readonly<Record<string, TargetSecret | undefined>>,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(secrets).flatMap(([name, from]) => (from === undefined ? [] : [[name, secretReference(from)]])),
  );

/** Allows reading those secrets that are given. */
export function grantReadSecrets(
  grantee: IGrantable,
  secrets: Readonly<Record<string, TargetSecret | undefined>>,
): void {
  for (const from of Object.values(secrets)) if (from !== undefined) grantReadSecret(grantee, from);
}
