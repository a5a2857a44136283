import type { CloudEvent } from "./cloud-event.ts";
import type { EventHandler, HandlerContext } from "./handle-events.ts";
import { Inbox } from "./inbox.ts";
import type { InboxOptions } from "./inbox-options.ts";
import { readFunction } from "./option-readers.ts";
import type { Outcome } from "./outcome.ts";

/**
 * Makes a handler act once per event, even if the event arrives again.
 *
 * Before the handler runs, the event's row in the inbox gets a lease; after success the row is marked done. If the
 * process dies between the effect and the mark, the lease ends, another attempt begins, and the effect may happen
 * twice. If the effect is a DynamoDB write, `withTransaction` closes that gap.
 *
 * @throws SettingError, here and not in the handler, when an option cannot be used.
 * @throws (from the returned handler) the handler's error, after giving the lease back, so that the next attempt need not wait.
 * @throws EventInProgressError while another attempt holds the lease; LeaseLostError; EventIdReusedError.
 */
export function idempotent<Data = unknown>(
  handler: EventHandler<Data>,
  options: InboxOptions,
): (event: CloudEvent<Data>, context?: HandlerContext) => Promise<Outcome> {
  readFunction("idempotent.handler", handler);
  const inbox = new Inbox(options);
  return async (event, context = {}) => {
    const lease = await inbox.begin(event, context.deadlineMs);
    if (lease === "done") return inbox.counted("duplicate");
    try {
      await handler(event, context);
    } catch (error) {
      await lease.release().catch((releaseError: unknown) => {
        throw new AggregateError([error, releaseError], "The handler failed, and so did giving its lease back");
      });
      throw error;
    }
    await lease.done();
    return inbox.counted("handled");
  };
}
