import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";

type Handler = (event: DynamoDBStreamEvent, context: Context) => Promise<DynamoDBBatchResponse>;

const TIMEOUT_MS = 60_000;

/** Loads a deployed bundle of the relay. It reads the environment once, while it is loaded. */
export async function importHandler(bundle: string): Promise<Handler> {
  const { handler } = (await import(bundle)) as { readonly handler: Handler };
  return handler;
}

/** The work of one round: the handler gets a batch, and must attempt all of it. */
export const handled = (handler: Handler, batch: DynamoDBStreamEvent) => async (): Promise<void> => {
  const endsAtMs = Date.now() + TIMEOUT_MS;
  const context = { getRemainingTimeInMillis: () => endsAtMs - Date.now() } as Context;
  const { batchItemFailures } = await handler(batch, context);
  if (batchItemFailures.length > 0) throw new Error("The relay did not attempt the whole batch");
};
