import type { Failure } from "../../contract/failure.ts";
import { ACKNOWLEDGED, type PublishResult } from "../../core/ports.ts";
import { connectFailure, messageOf } from "../shared/run/connect-failure.ts";
import type { ChannelClosure, Sent } from "./channel.ts";

/**
 * The reply codes with which RabbitMQ closes a channel or ends a handshake. Any other code does not tell whose fault it
 * is, and is worth another try.
 *
 * https://www.rabbitmq.com/docs/channels#error-handling, https://www.rabbitmq.com/amqp-0-9-1-reference#constants
 */
const REPLY_CODES: ReadonlyMap<number, Pick<Failure, "class" | "scope" | "code">> = new Map([
  // A message is larger than max_message_size, or has properties that the broker does not take.
  [311, { class: "permanent", scope: "event", code: "ContentTooLarge" }],
  [406, { class: "permanent", scope: "event", code: "PreconditionFailed" }],
  // No such exchange; no right to write to it, or wrong credentials; something else is not allowed for this user.
  [404, { class: "permanent", scope: "target", code: "NotFound" }],
  [403, { class: "permanent", scope: "target", code: "AccessRefused" }],
  [530, { class: "permanent", scope: "target", code: "NotAllowed" }],
]);

/** The results of the messages of one call, for core to read. */
export interface CallFacts {
  /** The failure scope of messages that no queue takes. */
  readonly unroutedScope: Failure["scope"];
  /** The name by which people know the destination. */
  readonly destination: string;
  /** Why the broker takes no messages at the moment. */
  readonly blockedBy: string | undefined;
  /** The route of each message, where events decide it: the queue behind one route may be full while others are not. */
  readonly routes?: readonly string[];
}

export function resultsOf(sent: readonly Sent[], facts: CallFacts): readonly PublishResult[] {
  const someConfirmed = sent.some(({ kind }) => kind === "confirmed");
  return sent.map((outcome, index) => resultOf(outcome, facts, someConfirmed, facts.routes?.[index]));
}

function resultOf(outcome: Sent, facts: CallFacts, someConfirmed: boolean, route: string | undefined): PublishResult {
  const { destination, unroutedScope, blockedBy } = facts;
  switch (outcome.kind) {
    case "confirmed":
      return ACKNOWLEDGED;
    case "returned":
      return failed("permanent", unroutedScope, "Unroutable", `${destination} leads this message to no queue`);
    case "refused":
      // https://www.rabbitmq.com/docs/maxlength#overflow-behaviour; also where a queue's own process fails.
      return failed(
        "throttled",
        "target",
        "Nack",
        `${destination} refuses messages: a queue behind it is full or unwell`,
        route,
      );
    case "unsendable":
      return failed("permanent", "event", "Unsendable", `AMQP cannot carry this event: ${messageOf(outcome.error)}`);
    case "not-sent":
      return failed("transient", "target", "ConnectionClosed", "The connection closed before the event was sent");
    case "unconfirmed": {
      const why = blockedBy === undefined ? "" : `; the broker takes no messages at the moment (${blockedBy})`;
      return failed("ambiguous", "target", "ConfirmTimeout", `RabbitMQ did not confirm in time${why}`);
    }
    case "cut-off":
      return outcome.by === undefined
        ? failed("ambiguous", "target", "ConnectionLost", "The connection was lost before RabbitMQ confirmed")
        : closureResult(outcome.by, someConfirmed);
  }
}

/**
 * The broker read messages up to the one that it closed the channel for. If others were confirmed before, the exchange
 * existed for them, and perhaps also for messages whose confirms were on their way.
 */
function closureResult({ replyCode, message }: ChannelClosure, someConfirmed: boolean): PublishResult {
  const known = REPLY_CODES.get(replyCode);
  if (known?.scope === "event") {
    return { kind: "refused-together", failure: { ...known, message } };
  }
  if (known === undefined || someConfirmed)
    return failed("ambiguous", "target", known?.code ?? String(replyCode), message);
  return { kind: "failed", failure: { ...known, message } };
}

/** Nothing is sent to a broker that reported a shortage of memory or disk: it would not even read it. */
export const blocked = (reason: string): PublishResult =>
  failed("throttled", "target", "ConnectionBlocked", `RabbitMQ takes no messages at the moment: ${reason}`);

/** amqplib reports the end of a handshake only in words. */
const handshakeReply = (error: unknown): number => Number(/terminated by server: (\d{3})/.exec(messageOf(error))?.[1]);

export const credentialsRefused = (error: unknown): boolean => handshakeReply(error) === 403;

/** amqplib's message when the broker closes a connection in answer to the virtual host; it leaves out the reason. */
const VIRTUAL_HOST_REFUSED = /Expected ConnectionOpenOk; got <ConnectionClose/;

/** Why there is no connection, or no channel on it. */
export function unconnected(error: unknown): PublishResult {
  const failure = connectFailure(error);
  if (VIRTUAL_HOST_REFUSED.test(failure.message)) {
    const message = "RabbitMQ refuses the virtual host of the address: it is not there, or not for this user";
    return failed("permanent", "target", "VirtualHostRefused", message);
  }
  const known = REPLY_CODES.get(handshakeReply(error));
  return { kind: "failed", failure: known === undefined ? failure : { ...failure, ...known, scope: "target" } };
}

const failed = (
  failureClass: Failure["class"],
  scope: Failure["scope"],
  code: string,
  message: string,
  route?: string,
): PublishResult => ({
  kind: "failed",
  failure: { class: failureClass, scope, code, message, ...(route === undefined ? {} : { route }) },
});
