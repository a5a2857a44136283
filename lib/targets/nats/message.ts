import { headers, type MsgHdrs } from "@nats-io/transport-node";
import type { OutboxEvent } from "../../contract/event.ts";
import { percentEncoded } from "../shared/percent-encoding.ts";
import type { NatsSettings } from "./settings.ts";

const CONTENT_TYPE = "application/cloudevents+json";

/**
 * Characters that a header cannot hold in CloudEvents (printable ASCII). Two ids never become the same, even trimmed.
 */
const UNFIT_FOR_HEADER = /[^!-~]|[%"]/gu;

export interface NatsMessage {
  readonly payload: string;
  readonly headers: MsgHdrs;
}

/**
 * The message of an event. A stream drops a message whose `Nats-Msg-Id` it took within its duplicate window, and
 * refuses a message that expects another stream: https://docs.nats.io/nats-concepts/jetstream/headers.
 *
 * CloudEvents' NATS binding has only the structured mode; its next version marks that mode by this content type.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md
 */
export function natsMessage({ id, json }: OutboxEvent, stream: string | undefined): NatsMessage {
  const beside = headers();
  beside.set("Nats-Msg-Id", percentEncoded(id, UNFIT_FOR_HEADER));
  beside.set("Content-Type", CONTENT_TYPE);
  if (stream !== undefined) beside.set("Nats-Expected-Stream", stream);
  return { payload: json, headers: beside };
}

/** The event's size as the server compares it with its max_payload: headers and content. */
export function natsBytes(event: OutboxEvent, stream: string | undefined): number {
  const { payload, headers: beside } = natsMessage(event, stream);
  const lines = ["NATS/1.0", ...[...beside].map(([name, [value = ""]]) => `${name}: ${value}`)];
  return Buffer.byteLength(`${lines.join("\r\n")}\r\n\r\n`) + Buffer.byteLength(payload);
}

/** Letters and digits of the client library's ids: one for a connection's inbox, one for each request. */
const NUID_CHARACTERS = 22;
const DEFAULT_INBOX_PREFIX = "_INBOX";

/**
 * The length of the line that announces the event to the server, without its end: `HPUB <subject> <inbox> <bytes>
 * <bytes>`. The server closes the connection over a line longer than its max_control_line, a limit that it does not
 * announce.
 */
export function controlLineBytes(
  subject: string,
  event: OutboxEvent,
  { stream, inboxPrefix = DEFAULT_INBOX_PREFIX }: Pick<NatsSettings, "stream" | "inboxPrefix">,
): number {
  const inbox = inboxPrefix.length + 2 * (1 + NUID_CHARACTERS);
  const digits = String(natsBytes(event, stream)).length;
  return "HPUB ".length + Buffer.byteLength(subject) + 1 + inbox + 1 + digits + 1 + digits;
}
