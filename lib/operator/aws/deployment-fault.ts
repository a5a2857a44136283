import type { DeployedResource, DeploymentFault } from "../core/deployment-fault.ts";
import { OperatorError } from "./operator-error.ts";

/**
 * A part of the deployment is gone, or is not as it must be. It does not stop a command that has other things to tell.
 */
export class DeploymentFaultError extends OperatorError {
  readonly fault: DeploymentFault;

  /** The message is for those who debug: the command line tells the fault in words. */
  constructor(fault: DeploymentFault, options?: ErrorOptions) {
    super("failed", `deployment fault: ${JSON.stringify(fault)}`, options);
    this.fault = fault;
  }
}

/** Whether a call failed because what it names does not exist. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && /ResourceNotFound|QueueDoesNotExist|NonExistentQueue|^NotFound/.test(error.name);

/**
 * Asks AWS about a part of the deployment.
 *
 * @throws DeploymentFaultError where the part is gone; any other error of the call as it is.
 */
export async function existing<Answer>(
  kind: DeployedResource["kind"],
  name: string,
  answer: Promise<Answer>,
): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new DeploymentFaultError({ kind: "gone", resource: { kind, name } }, { cause: error });
  }
}

/** An answer about something that may be gone, which is undefined then. The check of that part tells so. */
export async function ifThere<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof DeploymentFaultError || isMissing(error)) return undefined;
    throw error;
  }
}
