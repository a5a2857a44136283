import { OperatorError } from "./operator-error.ts";

/** A part of the deployment is gone, or is not as it must be. It is wrong, whoever looks, and stops no other answer. */
export class DeploymentFault extends OperatorError {
  readonly what: string;
  /** What puts it right. */
  readonly fix: string;

  constructor(what: string, fix: string, options?: ErrorOptions) {
    super("failed", `${what.slice(0, 1).toUpperCase()}${what.slice(1)}. Do: ${fix}`, options);
    this.what = what;
    this.fix = fix;
  }
}

/**
 * A plain deploy compares templates, so it leaves alone what was changed or deleted by hand. A drift-aware one does not:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
 */
export const DEPLOY = "have the stack as its template says, by `npx cdk deploy --revert-drift`";

/** Whether a call failed because what it names does not exist. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && /ResourceNotFound|QueueDoesNotExist|NonExistentQueue|^NotFound/.test(error.name);

/**
 * Looks at a part of the deployment.
 *
 * @throws DeploymentFault where the part is gone; what else the call throws as it is.
 */
export async function existing<Answer>(part: string, look: Promise<Answer>): Promise<Answer> {
  try {
    return await look;
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new DeploymentFault(`${part} is gone`, DEPLOY, { cause: error });
  }
}
