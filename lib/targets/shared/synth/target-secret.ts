import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { IStringParameter } from "aws-cdk-lib/aws-ssm";
import { PARAMETER_ACTION, SECRET_ACTION, SECRET_KEY_ACTION } from "../../../contract/deployment/permissions.ts";

/**
 * A credential of a target. The functions know where it is kept and read it when they need it. They read it again after
 * five minutes, and whenever the target refuses it, so a rotated secret needs no deployment.
 */
export type TargetSecret = (
  | {
      /** In Secrets Manager. */
      readonly secret: ISecret;
      /** A field of the secret, which is a JSON object. @default the whole secret */
      readonly field?: string;
    }
  | {
      /** In SSM's Parameter Store, imported by `StringParameter.fromSecureStringParameterAttributes`. */
      readonly parameter: IStringParameter;
    }
) & {
  /**
   * The customer-managed key of the secret. The functions may decrypt with it only through the service that keeps the
   * secret. The key's own policy must allow the account's roles to use it.
   *
   * @default the key of the CDK's secret or parameter; one imported by name or ARN has none
   */
  readonly encryptionKey?: IKey;
};

/** The reference, in the form of the functions' environment. */
export const secretReference = (from: TargetSecret): Readonly<Record<string, string>> =>
  "parameter" in from
    ? { parameterName: from.parameter.parameterName }
    : { secretArn: from.secret.secretArn, ...(from.field === undefined ? {} : { field: from.field }) };

/**
 * Allows reading the secret, and using its customer-managed key if one is given or known. The CDK's own grants would
 * also allow describing and listing, and would change the key's policy, which is impossible for an imported key.
 */
export function grantReadSecret(grantee: IGrantable, from: TargetSecret): void {
  if ("parameter" in from) {
    const { parameterArn, env } = from.parameter;
    allow(grantee, PARAMETER_ACTION, parameterArn);
    grantDecrypt(grantee, from.encryptionKey ?? keyOf(from.parameter), "ssm", env.region);
    return;
  }
  const { secretFullArn, secretArn, encryptionKey, env } = from.secret;
  // Secrets Manager adds six characters to an ARN, which an import by name does not know.
  allow(grantee, SECRET_ACTION, secretFullArn ?? `${secretArn}-??????`);
  grantDecrypt(grantee, from.encryptionKey ?? encryptionKey, "secretsmanager", env.region);
}

const allow = (grantee: IGrantable, action: string, resourceArn: string): Grant =>
  Grant.addToPrincipal({ grantee, actions: [action], resourceArns: [resourceArn] });

/**
 * Restricts the key's use to the service that keeps the secret:
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
function grantDecrypt(grantee: IGrantable, key: IKey | undefined, service: string, region: string): void {
  if (key === undefined) return;
  Grant.addToPrincipal({
    grantee,
    actions: [SECRET_KEY_ACTION],
    resourceArns: [key.keyArn],
    // In China the service's name has a suffix.
    conditions: { StringLike: { "kms:ViaService": `${service}.${region}.amazonaws.com*` } },
  });
}

/** The key of a SecureString: the CDK's parameters have it, but their interface does not declare it. */
function keyOf(parameter: IStringParameter): IKey | undefined {
  return (parameter as IStringParameter & { readonly encryptionKey?: IKey }).encryptionKey;
}

/** The references of the given secrets, by the names of their settings. */
export const secretReferences = (
  secrets: Readonly<Record<string, TargetSecret | undefined>>,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(secrets).flatMap(([name, from]) => (from === undefined ? [] : [[name, secretReference(from)]])),
  );

/** Allows reading the given secrets. */
export function grantReadSecrets(
  grantee: IGrantable,
  secrets: Readonly<Record<string, TargetSecret | undefined>>,
): void {
  for (const from of Object.values(secrets)) if (from !== undefined) grantReadSecret(grantee, from);
}
