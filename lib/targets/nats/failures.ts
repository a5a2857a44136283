import { errors, type Msg } from "@nats-io/transport-node";
import type { Failure } from "../../contract/failure.ts";
import { type Fields, fieldsOf, numberOf, textOf } from "../../contract/foreign-value.ts";
import { acknowledgedAs, type PublishResult } from "../../core/ports.ts";
import { uncarriable } from "../shared/run/carriable.ts";
import { connectFailure, messageOf } from "../shared/run/connect-failure.ts";

type Kind = Pick<Failure, "class" | "scope" | "route">;
const THROTTLED: Kind = { class: "throttled", scope: "target" };
const TRANSIENT: Kind = { class: "transient", scope: "target" };
const LASTING: Kind = { class: "permanent", scope: "target" };
const OWN_FAULT: Kind = { class: "permanent", scope: "event" };

/**
 * JetStream's answers to a publish, by error code.
 * https://github.com/nats-io/nats-server/blob/main/server/errors.json
 */
const JETSTREAM_ERRORS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  // Account, memory, disk or server are at their limits; 10077 is a store that failed, such as a full stream that
  // discards new messages; 10167 is a queue of messages that the stream cannot keep up with.
  ...[10002, 10023, 10028, 10047, 10077, 10167].map((code) => [code, THROTTLED] as const),
  // Message or headers are larger than the stream takes.
  ...[10054, 10097].map((code) => [code, OWN_FAULT] as const),
  // The account has no JetStream or no limits; the stream is not the expected one, does not exist, or is sealed.
  ...[10035, 10039, 10059, 10060, 10076, 10109, 10120].map((code) => [code, LASTING] as const),
  // The cluster looks for a leader, or an earlier attempt with this id is still on its way into the stream.
  ...[10004, 10006, 10007, 10008, 10009, 10118, 10158, 10194].map((code) => [code, TRANSIENT] as const),
]);

/**
 * The answer for one event. Only a stream's own acknowledgement with a sequence counts; a duplicate has one too.
 *
 * @param route the subject, where events decide it: this one may be at its limit while others are not.
 */
export function answerResult(message: Msg, route?: string): PublishResult {
  const { error, stream, seq, duplicate } = fieldsOf(parsed(message));
  // JSON's null stands for a field that is not there.
  if ((error ?? undefined) !== undefined) return refusedByStream(fieldsOf(error), route);
  const [name, sequence] = [textOf(stream), numberOf(seq)];
  if (name !== undefined && sequence !== undefined) {
    const receipt = acknowledgedAs({ stream: name, sequence });
    return duplicate === true ? { ...receipt, duplicate: true } : receipt;
  }
  return failed(
    { class: "ambiguous", scope: "target" },
    "NoAcknowledgement",
    "The answer is not the acknowledgement of a stream: somebody else listens on this subject",
  );
}

function parsed(message: Msg): unknown {
  try {
    return message.json();
  } catch {
    return undefined;
  }
}

/**
 * A subject at `max_msgs_per_subject`, or the stream behind it full:
 * https://docs.nats.io/nats-concepts/jetstream/streams
 */
const STORE_FAILED = 10077;

function refusedByStream({ err_code, code, description }: Fields, route: string | undefined): PublishResult {
  const errorCode = numberOf(err_code);
  const known = errorCode === undefined ? undefined : JETSTREAM_ERRORS.get(errorCode);
  const kind = known ?? kindOfStatus(numberOf(code));
  const isRoutes = route !== undefined && errorCode === STORE_FAILED;
  return failed(
    isRoutes ? { ...kind, route } : kind,
    errorCode === undefined ? "JetStreamError" : `JetStream${errorCode}`,
    messageOf(textOf(description) ?? "The stream did not take the event, and does not say why"),
  );
}

/** A status as in HTTP: a wrong request stays wrong. */
function kindOfStatus(status: number | undefined): Kind {
  if (status === 429) return THROTTLED;
  return status !== undefined && status < 500 ? LASTING : TRANSIENT;
}

/** Why an event got no answer. `NoResponders` stands for a subject that no stream takes. */
export function requestFailure(error: unknown, unroutedScope: Failure["scope"], subject: string): PublishResult {
  const cause = error instanceof errors.RequestError && error.cause !== undefined ? error.cause : error;
  if (cause instanceof errors.NoRespondersError) {
    const message = `No stream takes the subject ${subject.slice(0, LONGEST_SUBJECT)}, or JetStream is not there`;
    return failed({ class: "permanent", scope: unroutedScope }, "NoResponders", message);
  }
  if (cause instanceof errors.PermissionViolationError) return failed(LASTING, "PermissionViolation", messageOf(cause));
  if (cause instanceof errors.ClosedConnectionError || cause instanceof errors.DrainingConnectionError) {
    return failed(TRANSIENT, "ConnectionClosed", "The connection closed before the event was sent");
  }
  // The message exceeds the server's max_payload, or does not fit a header: nothing was sent.
  if (cause instanceof errors.InvalidArgumentError || cause instanceof errors.InvalidSubjectError) {
    return failed(OWN_FAULT, "Unsendable", `NATS cannot carry this event: ${messageOf(cause)}`);
  }
  const code = cause instanceof errors.TimeoutError ? "AckTimeout" : "ConnectionLost";
  return failed({ class: "ambiguous", scope: "target" }, code, `No acknowledgement came: ${messageOf(cause)}`);
}

const LONGEST_SUBJECT = 100;

export const isNoResponders = (error: unknown): boolean =>
  error instanceof errors.RequestError && error.isNoResponders();

export const credentialsRefused = (error: unknown): boolean =>
  error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError;

/** Why there is no connection. */
export function unconnected(error: unknown): PublishResult {
  const { message, ...failure } = connectFailure(error);
  if (credentialsRefused(error)) return failed(LASTING, "AuthorizationViolation", message);
  // "maximum connections exceeded", and "maximum account active connections exceeded".
  if (/maximum .*connections/i.test(message)) return failed(THROTTLED, "TooManyConnections", message);
  // The library refuses to go on without the required TLS.
  if (/does not support 'tls'/.test(message)) return failed(LASTING, "NoTls", message);
  return failed(failure, failure.code, message);
}

/** For an event whose parts make no subject. */
export const noSubject = (template: string): PublishResult =>
  uncarriable("InvalidSubject", `the event's parts make no subject of ${template}: a name between dots is empty`);

const failed = (kind: Kind, code: string, message: string): PublishResult => ({
  kind: "failed",
  failure: { ...kind, code, message },
});
