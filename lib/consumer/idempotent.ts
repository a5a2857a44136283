import type { CloudEvent } from "./cloud-event.ts";
import type { EventHandler, HandlerContext } from "./handle-events.ts";
import { Inbox } from "./inbox.ts";
import type { InboxOptions } from "./inbox-options.ts";

/** What became of an event. */
export type Outcome = "handled" | "duplicate";

/**
 * Makes a handler act once per event, whatever arrives twice.
 *
 * The event's row in the inbox is taken with a lease before the handler runs, and marked done after it succeeded. If the
 * process dies in between, the lease ends and another attempt begins: an effect outside of the handler's own control may
 * then happen twice, between the effect and the mark. Where the effect is a DynamoDB write, `withTransaction` closes
 * that gap.
 *
 * @throws the handler's error, and gives the lease back, so that the next attempt need not wait for it.
 * @throws EventInProgressError while another attempt holds the lease; LeaseLostError; EventIdReusedError.
 */
export function idempotent<Data = unknown>(
  handler: EventHandler<Data>,
  options: InboxOptions,
): (event: CloudEvent<Data>, context?: HandlerContext) => Promise<Outcome> {
  const inbox = new Inbox(options);
  return async (event, context = {}) => {
    const lease = await inbox.begin(event, context.deadlineMs);
    if (lease === "done") return "duplicate";
    try {
      await handler(event, context);
    } catch (error) {
      await lease.release().catch((releaseError: unknown) => {
        throw new AggregateError([error, releaseError], "The handler failed, and so did giving its lease back");
      });
      throw error;
    }
    await lease.done();
    return "handled";
  };
}
