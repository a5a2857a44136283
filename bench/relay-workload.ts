import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { RECORDS, streamEvent } from "./rows.ts";
import type { Workload } from "./workload.ts";

type Handler = (event: DynamoDBStreamEvent, context: Context) => Promise<DynamoDBBatchResponse>;

const OLD_MS = 60_000;
const TIMEOUT_MS = 60_000;

/** Loads a bundle of the relay. It reads its environment only once, while it is loaded. */
export async function importHandler(
  bundle: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Handler> {
  Object.assign(process.env, environment);
  const { handler } = (await import(bundle)) as { readonly handler: Handler };
  return handler;
}

/** The work of one round: the handler is given a batch, and must attempt all of it. */
export const handled = (handler: Handler, batch: DynamoDBStreamEvent) => async (): Promise<void> => {
  const endsAtMs = Date.now() + TIMEOUT_MS;
  const context = { getRemainingTimeInMillis: () => endsAtMs - Date.now() } as Context;
  const { batchItemFailures } = await handler(batch, context);
  if (batchItemFailures.length > 0) throw new Error("The relay did not attempt the whole batch");
};

/** The relay's own bundle, as it is deployed: its handler given a whole batch. */
export async function relayWorkloads(bundle: string): Promise<readonly Workload[]> {
  const handler = await importHandler(bundle);
  const workload = (name: Workload["name"], ageMs: number): Workload => ({
    name,
    events: RECORDS,
    prepare: async (events) => handled(handler, streamEvent(events, Date.now() - ageMs)),
  });
  return [
    workload("relay-unordered", 0),
    // Records older than 5 s may have been delivered before, so the relay reads their rows first.
    workload("relay-reread", OLD_MS),
  ];
}
