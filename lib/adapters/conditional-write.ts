import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";

/** A condition that failed is an answer, not an error. Resolves with whether it held. */
export async function conditionHeld(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
