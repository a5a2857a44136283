import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AttributeValue, TransactionCanceledException, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { checkItems } from "../client/check-items.ts";
import { withNativeItems } from "../client/document-outbox.ts";
import { BusinessConditionError, EventExistsError } from "../client/errors.ts";
import { type DocumentTransactItem, translationOf } from "../client/native-values.ts";
import { commit } from "../client/transaction.ts";
import type { CloudEvent } from "./cloud-event.ts";
import type { HandlerContext } from "./handle-events.ts";
import type { Outcome } from "./idempotent.ts";
import { Inbox } from "./inbox.ts";
import type { InboxOptions } from "./inbox-options.ts";

/** Says what an event changes, and changes nothing by itself. It may run more than once for an event. */
export type Effect<Item, Data = unknown> = (
  event: CloudEvent<Data>,
  context: HandlerContext,
) => Promise<readonly Item[]>;

/**
 * Commits the effect of an event and its mark in the inbox in one transaction: effectively once, also if the process dies at
 * any point.
 *
 * @param effect returns the writes, up to 99; further events of an `Outbox`, by `entries()`, among them. No write: the event
 * is marked alone.
 * @throws the effect's error; BusinessConditionError when a condition among the writes did not hold, and the event is not
 * marked; InvalidEventError when what the effect returns are no writes; WriteRejectedError, TransactionTooLargeError, AmbiguousCommitError; EventInProgressError, EventIdReusedError.
 */
export function withTransaction<Data = unknown>(
  effect: Effect<TransactWriteItem, Data>,
  options: InboxOptions,
): (event: CloudEvent<Data>, context?: HandlerContext) => Promise<Outcome> {
  const inbox = new Inbox(options);
  return async (event, context = {}) => {
    if ((await inbox.look(event)) === "done") return "duplicate";
    const items = await effect(event, context);
    checkItems(items);
    const mark = { kind: "event", item: inbox.entry(event), event: { id: event.id, type: event.type } } as const;
    try {
      // The mark stands last, so that the writes keep their places in what is told of them.
      const parts = [...items.map((item) => ({ kind: "business" as const, item })), mark];
      await commit(parts, randomUUID(), {
        client: options.client,
        clock: { now: () => inbox.now(), sleep: async (ms) => void (await sleep(ms)) },
        random: Math.random,
      });
      return "handled";
    } catch (error) {
      // What a repetition finds changed are the effects of the first time, so the mark is the one to listen to.
      const marked =
        error instanceof EventExistsError || (error instanceof BusinessConditionError && error.existing.length > 0);
      if (!marked || inbox.standing(event, markOf(error)) !== "done") throw error;
      return "duplicate";
    }
  };
}

/**
 * {@link withTransaction} with native values, as lib-dynamodb's `TransactWriteCommand` takes them. They are translated by the
 * `marshallOptions` and `unmarshallOptions` of the inbox's client.
 */
export function withDocumentTransaction<Data = unknown>(
  effect: Effect<DocumentTransactItem, Data>,
  options: InboxOptions,
): (event: CloudEvent<Data>, context?: HandlerContext) => Promise<Outcome> {
  const { client } = options;
  const handle = withTransaction<Data>(async (event, context) => {
    const items = await effect(event, context);
    checkItems(items);
    return items.map(translationOf(client).plainAction);
  }, options);
  return async (event, context) => {
    try {
      return await handle(event, context);
    } catch (error) {
      throw withNativeItems(error, translationOf(client));
    }
  };
}

/** The write that marks an event as done, for a transaction of the caller's own: it is refused when the event is done. */
export const inboxEntry = (event: CloudEvent, options: InboxOptions): TransactWriteItem =>
  new Inbox(options).entry(event);

/** The row that was in the mark's way, from the last of the reasons. */
function markOf(error: Error): Record<string, AttributeValue> | undefined {
  const { CancellationReasons: reasons } = error.cause as TransactionCanceledException;
  return reasons?.at(-1)?.Item;
}
