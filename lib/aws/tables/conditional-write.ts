import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";

/** A failed condition is an answer, not an error. Resolves with whether it held. */
export async function conditionHeld(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** How a write ended that makes an item larger, which DynamoDB may refuse. */
export async function roomFor(write: Promise<unknown>): Promise<"written" | "condition-failed" | "no-room"> {
  try {
    return (await conditionHeld(write)) ? "written" : "condition-failed";
  } catch (error) {
    if (isTooLarge(error)) return "no-room";
    throw error;
  }
}

/** "Item size to update has exceeded the maximum allowed size": the code alone is that of any bad request. */
const isTooLarge = (error: unknown): boolean =>
  error instanceof Error && error.name === "ValidationException" && /item size/i.test(error.message);
