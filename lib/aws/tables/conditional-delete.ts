import type { BatchStatementResponse } from "@aws-sdk/client-dynamodb";

/**
 * Errors of a statement that another attempt need not meet. A second statement for the same key is refused, whichever
 * event it is for: its turn comes when the first is over.
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
 * Reads what became of one statement that deletes a row while it holds its event. A row that is gone is deleted, and so is
 * one that holds another event by now; one that no answer mentions is not.
 *
 * @throws when the table refuses for good, as to a call that it refuses as a whole.
 */
export function isDeleted(response: BatchStatementResponse | undefined): boolean {
  if (response === undefined) return false;
  const { Error: error } = response;
  if (error === undefined || error.Code === "ConditionalCheckFailed") return true;
  if (PASSING.has(error.Code)) return false;
  throw new Error(`The table refuses to delete: ${error.Code ?? "an unknown error"}: ${error.Message ?? "no message"}`);
}
