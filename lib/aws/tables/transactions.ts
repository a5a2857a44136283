import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import type { Clock, Random } from "../../core/ports.ts";
import { backoffFrom } from "../../core/resilience/backoff.ts";

/** How a transaction ended, unless the table refused it for reasons of its own. */
export type TransactionEnd<Answer> =
  | { readonly kind: "done"; readonly answer: Answer }
  | { readonly kind: "condition-failed" }
  /** Another write is under way at one of the items. */
  | { readonly kind: "conflict" }
  /** An item holds a value that the expression cannot work on. */
  | { readonly kind: "invalid" };

export interface TransactionPorts {
  readonly clock: Clock;
  readonly random: Random;
}

/** A conflict lasts some milliseconds, and the SDK does not repeat a cancelled transaction. */
const CONFLICT_BACKOFF = { jitter: "full", baseMs: 25, capMs: 200, attempts: 4, budgetMs: 1_000 } as const;

/**
 * Makes a transaction, and repeats it after a conflict. A failed condition is an answer, and so is a conflict that
 * lasts. Rejects with any other cause of cancellation, above all throttling.
 */
export async function transact<Answer>(
  send: () => Promise<Answer>,
  { clock, random }: TransactionPorts,
): Promise<TransactionEnd<Answer>> {
  let backoff = backoffFrom(CONFLICT_BACKOFF);
  for (;;) {
    try {
      return { kind: "done", answer: await send() };
    } catch (error) {
      const end = endOf(error);
      if (end === undefined) throw error;
      const next = end === "conflict" ? backoff.next(0, random) : undefined;
      if (next === undefined) return { kind: end };
      await clock.sleep(next.waitMs);
      backoff = next.backoff;
    }
  }
}

/** There is one reason for each item of the transaction; "None" stands for an item that was not to blame. */
function endOf(error: unknown): "condition-failed" | "conflict" | "invalid" | undefined {
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const codes = new Set((error.CancellationReasons ?? []).map(({ Code }) => Code));
  if (codes.has("ConditionalCheckFailed")) return "condition-failed";
  if (codes.has("ValidationError")) return "invalid";
  const others = [...codes].filter((code) => code !== undefined && code !== "None" && code !== "TransactionConflict");
  return codes.has("TransactionConflict") && others.length === 0 ? "conflict" : undefined;
}
