import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AttributeValue, TransactionCanceledException, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { checkItems } from "../client/checks/check-items.ts";
import { withNativeItems } from "../client/document-outbox.ts";
import { BusinessConditionError, EventExistsError } from "../client/errors.ts";
import { type DocumentTransactItem, translationOf } from "../client/native-values.ts";
import { commit } from "../client/transaction.ts";
import type { CloudEvent } from "./cloud-event.ts";
import type { HandlerContext } from "./handle-events.ts";
import { Inbox } from "./inbox.ts";
import type { InboxOptions } from "./inbox-options.ts";
import { readFunction } from "./option-readers.ts";
import type { Outcome } from "./outcome.ts";

/** Returns the writes that an event causes, and changes nothing itself. It may run more than once for an event. */
export type Effect<Item, Data = unknown> = (
  event: CloudEvent<Data>,
  context: HandlerContext,
) => Promise<readonly Item[]>;

/**
 * Commits the effect of an event and its mark in the inbox in one transaction: effectively once, even if the process
 * dies at any point.
 *
 * @param effect returns up to 99 writes, also those of further events (`entries()` of an `Outbox`). Without a write the
 * event is only marked.
 * @throws SettingError, here and not in the handler, when an option cannot be used.
 * @throws (from the returned handler) the effect's error; BusinessConditionError when a condition among the writes did not hold; the event is not
 * marked then; InvalidEventError when the effect returns something other than writes; WriteRejectedError,
 * TransactionTooLargeError, AmbiguousCommitError; EventInProgressError, EventIdReusedError.
 */
export function withTransaction<Data = unknown>(
  effect: Effect<TransactWriteItem, Data>,
  options: InboxOptions,
): (event: CloudEvent<Data>, context?: HandlerContext) => Promise<Outcome> {
  readFunction("withTransaction.effect", effect);
  const inbox = new Inbox(options);
  return async (event, context = {}) => {
    if ((await inbox.look(event)) === "done") return inbox.counted("duplicate");
    const items = await effect(event, context);
    checkItems(items);
    const mark = { kind: "event", item: inbox.entry(event), event: { id: event.id, type: event.type } } as const;
    try {
      // The mark comes last, so that an error names the writes by their own places.
      const parts = [...items.map((item) => ({ kind: "business" as const, item })), mark];
      await commit(parts, randomUUID(), {
        client: options.client,
        clock: { now: () => inbox.now(), sleep: async (ms) => void (await sleep(ms)) },
        random: Math.random,
      });
      return inbox.counted("handled");
    } catch (error) {
      // On a repetition conditions fail because of the first time's effects, so the mark decides.
      const marked =
        error instanceof EventExistsError || (error instanceof BusinessConditionError && error.existing.length > 0);
      if (!marked || inbox.standing(event, markOf(error)) !== "done") throw error;
      return inbox.counted("duplicate");
    }
  };
}

/**
 * {@link withTransaction} with native values, as lib-dynamodb's `TransactWriteCommand` takes them, translated with the
 * `marshallOptions` and `unmarshallOptions` of the inbox's client.
 */
export function withDocumentTransaction<Data = unknown>(
  effect: Effect<DocumentTransactItem, Data>,
  options: InboxOptions,
): (event: CloudEvent<Data>, context?: HandlerContext) => Promise<Outcome> {
  readFunction("withDocumentTransaction.effect", effect);
  const handle = withTransaction<Data>(async (event, context) => {
    const items = await effect(event, context);
    checkItems(items);
    return items.map(translationOf(options.client).plainAction);
  }, options);
  return async (event, context) => {
    try {
      return await handle(event, context);
    } catch (error) {
      throw withNativeItems(error, translationOf(options.client));
    }
  };
}

/** The write that marks an event as done, for the caller's own transaction. Its condition fails if the event is done. */
export const inboxEntry = (event: CloudEvent, options: InboxOptions): TransactWriteItem =>
  new Inbox(options).entry(event);

/** The row that was already at the mark's key, from the last of the reasons. */
function markOf(error: Error): Record<string, AttributeValue> | undefined {
  const { CancellationReasons: reasons } = error.cause as TransactionCanceledException;
  return reasons?.at(-1)?.Item;
}
