import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { isThrottleCode } from "../../../aws/aws-failure.ts";
import type { TransactionPorts } from "../../../aws/tables/transactions.ts";
import { backoffFrom } from "../../../core/resilience/backoff.ts";

/** A table that was written to faster than it takes has room again within seconds; one that is too small has not in a minute. */
const THROTTLE_BACKOFF = { jitter: "full", baseMs: 200, capMs: 5_000, attempts: 20, budgetMs: 60_000 } as const;

/** Makes a transaction again for as long as DynamoDB throttles it. The SDK repeats no transaction that was cancelled. */
export async function throughThrottling<Answer>(
  send: () => Promise<Answer>,
  { clock, random }: TransactionPorts,
): Promise<Answer> {
  const beganMs = clock.now();
  let backoff = backoffFrom(THROTTLE_BACKOFF);
  for (;;) {
    try {
      return await send();
    } catch (error) {
      const next = isThrottle(error) ? backoff.next(clock.now() - beganMs, random) : undefined;
      if (next === undefined) throw error;
      await clock.sleep(next.waitMs);
      backoff = next.backoff;
    }
  }
}

function isThrottle(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (!(error instanceof TransactionCanceledException)) return isThrottleCode(error.name);
  // A failed condition among the reasons is an answer, and was read before.
  return (error.CancellationReasons ?? []).some(({ Code: code = "None" }) => code === TOO_FAST || isThrottleCode(code));
}

/** A reason's own name of the exception that a single write throws. */
const TOO_FAST = "ProvisionedThroughputExceeded";
