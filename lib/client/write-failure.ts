/** What an error of the SDK says about a write to the table. */

import type { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";

/** Told by its name: two copies of the SDK in one bundle have two classes. */
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

/** Refused for lack of capacity. After an attempt whose fate nobody knows, a throttled one tells nothing of the first. */
export function isThrottle(error: unknown): boolean {
  const { name, attempts } = factsOf(error);
  return THROTTLES.has(name) && attempts === 1;
}

/** Of a call that was never made there is nothing to be unsure of. */
const NEVER_SENT = new Set(["CredentialsProviderError", "TokenProviderError", "TypeError", "RangeError"]);

/** Whether it may be written all the same. */
export function isAmbiguous(error: unknown): boolean {
  const { name, status } = factsOf(error);
  if (NEVER_SENT.has(name)) return false;
  // The first of two calls with one token is still under way.
  if (name === "TransactionInProgressException" || THROTTLES.has(name)) return true;
  return status === undefined || status >= 500 || status === 408 || status < 400;
}
