import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { IStringParameter } from "aws-cdk-lib/aws-ssm";
import { PARAMETER_ACTION, SECRET_ACTION, SECRET_KEY_ACTION } from "../../../contract/permissions.ts";

/**
 * A credential of a target. The functions are told where it is kept and read it when they need it, again five minutes
 * later and whenever the target refuses it: a rotated secret needs no deployment.
 */
export type TargetSecret = (
  | {
      /** In Secrets Manager. */
      readonly secret: ISecret;
      /** A field of the JSON object that the secret is. @default the whole text */
      readonly field?: string;
    }
  | {
      /** In SSM's Parameter Store, imported by `StringParameter.fromSecureStringParameterAttributes`. */
      readonly parameter: IStringParameter;
    }
) & {
  /**
   * The customer-managed key that it is encrypted with. The functions are allowed to decrypt by it through that service alone. A
   * key's own policy must let the account's roles use it.
   *
   * @default the key that the CDK's secret or parameter knows; one that was imported by name or ARN knows none
   */
  readonly encryptionKey?: IKey;
};

/** The reference, as the functions' environment holds it. */
export const secretReference = (from: TargetSecret): Readonly<Record<string, string>> =>
  "parameter" in from
    ? { parameterName: from.parameter.parameterName }
    : { secretArn: from.secret.secretArn, ...(from.field === undefined ? {} : { field: from.field }) };

/**
 * Allows reading the secret, and the use of its customer-managed key where one is given or known. The CDK's own grants
 * allow describing and listing as well, and write a secret's key into that key's policy, which an imported key has not here.
 */
export function grantReadSecret(grantee: IGrantable, from: TargetSecret): void {
  if ("parameter" in from) {
    const { parameterArn, env } = from.parameter;
    allow(grantee, PARAMETER_ACTION, parameterArn);
    grantDecrypt(grantee, from.encryptionKey ?? keyOf(from.parameter), "ssm", env.region);
    return;
  }
  const { secretFullArn, secretArn, encryptionKey, env } = from.secret;
  // Secrets Manager ends an ARN with six characters of its own, which an import by name does not know.
  allow(grantee, SECRET_ACTION, secretFullArn ?? `${secretArn}-??????`);
  grantDecrypt(grantee, from.encryptionKey ?? encryptionKey, "secretsmanager", env.region);
}

const allow = (grantee: IGrantable, action: string, resourceArn: string): Grant =>
  Grant.addToPrincipal({ grantee, actions: [action], resourceArns: [resourceArn] });

/** By way of the service that keeps the secret: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service */
function grantDecrypt(grantee: IGrantable, key: IKey | undefined, service: string, region: string): void {
  if (key === undefined) return;
  Grant.addToPrincipal({
    grantee,
    actions: [SECRET_KEY_ACTION],
    resourceArns: [key.keyArn],
    // In China the name has two more letters behind.
    conditions: { StringLike: { "kms:ViaService": `${service}.${region}.amazonaws.com*` } },
  });
}

/** The key of a SecureString, which the CDK's parameters have and their interface does not name. */
function keyOf(parameter: IStringParameter): IKey | undefined {
  return (parameter as IStringParameter & { readonly encryptionKey?: IKey }).encryptionKey;
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
