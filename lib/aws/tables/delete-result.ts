import type { BatchStatementResponse } from "@aws-sdk/client-dynamodb";

/**
 * Errors of a statement that another attempt may not meet. A second statement for the same key is refused, whatever its
 * event: its turn comes when the first is over.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html
 */
const PASSING: ReadonlySet<string | undefined> = new Set([
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
  "RequestLimitExceeded",
  "InternalServerError",
  "TransactionConflict",
  "DuplicateItem",
]);

/**
 * Reads the result of one statement that deletes a row while the row holds its event. A row that is gone, or holds
 * another event by now, counts as deleted; a row that no answer mentions does not.
 *
 * @throws when the table refuses for good, as for a call refused as a whole.
 */
export function isDeleted(response: BatchStatementResponse | undefined): boolean {
  if (response === undefined) return false;
  const { Error: error } = response;
  if (error === undefined || error.Code === "ConditionalCheckFailed") return true;
  if (PASSING.has(error.Code)) return false;
  throw new Error(`The table refuses to delete: ${error.Code ?? "an unknown error"}: ${error.Message ?? "no message"}`);
}
