/** What an error of the SDK says about a write to the table. */

import type { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";

/** Compares the name, not the class: two copies of the SDK in one bundle have two classes. */
export const isNamed = <Known extends Error>(error: unknown, name: Known["name"]): error is Known =>
  error instanceof Error && error.name === name;

export const isConditionFailure = (error: unknown): error is ConditionalCheckFailedException =>
  isNamed<ConditionalCheckFailedException>(error, "ConditionalCheckFailedException");

const THROTTLES = new Set(["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"]);

interface Facts {
  readonly name: string;
  readonly attempts: number;
  readonly status: number | undefined;
}

function factsOf(error: unknown): Facts {
  const { name, $metadata } = (error ?? {}) as {
    readonly name?: string;
    readonly $metadata?: { readonly attempts?: number; readonly httpStatusCode?: number };
  };
  return { name: name ?? "", attempts: $metadata?.attempts ?? 1, status: $metadata?.httpStatusCode };
}

/**
 * Whether DynamoDB refused the write for lack of capacity. After an earlier attempt of unknown outcome, a throttled one
 * says nothing about the first.
 */
export function isThrottledWrite(error: unknown): boolean {
  const { name, attempts } = factsOf(error);
  return THROTTLES.has(name) && attempts === 1;
}

/** Errors before the call was sent: the write certainly did not happen. */
const NEVER_SENT = new Set(["CredentialsProviderError", "TokenProviderError", "TypeError", "RangeError"]);

/** Whether the write may have happened in spite of the error. */
export function isAmbiguous(error: unknown): boolean {
  const { name, status } = factsOf(error);
  if (NEVER_SENT.has(name)) return false;
  // An earlier call with the same token is still in progress.
  if (name === "TransactionInProgressException" || THROTTLES.has(name)) return true;
  return status === undefined || status >= 500 || status === 408 || status < 400;
}
