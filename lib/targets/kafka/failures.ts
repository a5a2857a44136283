import { AuthenticationError, MultipleErrors, ProtocolError, protocolErrorsCodesById } from "@platformatic/kafka";
import type { Failure } from "../../contract/failure.ts";
import type { PublishResult } from "../../core/ports.ts";

/** A broker's own refusal, by Kafka's name for the code. */
export class BrokerRefusal extends Error {
  override readonly name = "BrokerRefusal";
  readonly code: string;

  constructor(code: number | string, message: string) {
    super(message);
    this.code = typeof code === "string" ? code : nameOf(code);
  }
}

export const nameOf = (code: number): string => protocolErrorsCodesById[code] ?? `ERROR_${code}`;

/**
 * The meaning of Kafka's error codes for the events of a batch. Codes that are not here are transient, and the target's
 * fault: a leader that moved, too few replicas, a broker that is starting or stopping.
 *
 * @see https://kafka.apache.org/protocol#protocol_error_codes
 */
const KINDS: Readonly<Record<string, "content" | "forbidden" | "unknown-fate" | "throttled">> = {
  // The whole batch is refused for one of its records (KIP-467 for INVALID_RECORD).
  MESSAGE_TOO_LARGE: "content",
  RECORD_LIST_TOO_LARGE: "content",
  INVALID_RECORD: "content",
  INVALID_TIMESTAMP: "content",
  // A person has to change a permission, a credential or a setting.
  TOPIC_AUTHORIZATION_FAILED: "forbidden",
  CLUSTER_AUTHORIZATION_FAILED: "forbidden",
  SASL_AUTHENTICATION_FAILED: "forbidden",
  UNSUPPORTED_SASL_MECHANISM: "forbidden",
  ILLEGAL_SASL_STATE: "forbidden",
  SECURITY_DISABLED: "forbidden",
  INVALID_TOPIC_EXCEPTION: "forbidden",
  UNSUPPORTED_VERSION: "forbidden",
  UNSUPPORTED_FOR_MESSAGE_FORMAT: "forbidden",
  POLICY_VIOLATION: "forbidden",
  // The leader has the batch, or may have it, and cannot promise that it stays.
  REQUEST_TIMED_OUT: "unknown-fate",
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: "unknown-fate",
  NETWORK_EXCEPTION: "unknown-fate",
  KAFKA_STORAGE_ERROR: "unknown-fate",
  UNKNOWN_SERVER_ERROR: "unknown-fate",
  UNKNOWN: "unknown-fate",
  THROTTLING_QUOTA_EXCEEDED: "throttled",
};

/** A batch's numbers are not those that the broker expects: nothing was appended, and the producer must be replaced. */
const OUT_OF_STEP = new Set([
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "INVALID_PRODUCER_EPOCH",
  "UNKNOWN_PRODUCER_ID",
  "INVALID_PRODUCER_ID_MAPPING",
  "PRODUCER_FENCED",
  "INVALID_TXN_STATE",
]);
export const isOutOfStep = (code: string): boolean => OUT_OF_STEP.has(code);
export const isOfUnknownFate = (code: string): boolean => KINDS[code] === "unknown-fate";

/** A broker's answer for a partition's batch. */
export function refusedBatch(code: string, detail: string | null): PublishResult {
  const message = detail ?? `Kafka answered ${code}`;
  const target = (failureClass: Failure["class"]): PublishResult => ({
    kind: "failed",
    failure: { class: failureClass, scope: "target", code, message },
  });
  switch (KINDS[code]) {
    case "content":
      return { kind: "refused-together", failure: { class: "permanent", scope: "event", code, message } };
    case "forbidden":
      return target("permanent");
    case "unknown-fate":
      return target("ambiguous");
    case "throttled":
      return target("throttled");
    default:
      return target("transient");
  }
}

/**
 * A certificate or a protocol that does not fit, which the next attempt will meet again. Node's names of TLS errors.
 *
 * @see https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const TLS_FAILURE =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_|INVALID_CA|PATH_LENGTH_EXCEEDED|INVALID_PURPOSE|HOSTNAME_MISMATCH|ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO$)/;

/** Nothing was sent: the brokers could not be reached, or had no place for the events. */
export function notSent(error: unknown): PublishResult {
  const refusal = refusalIn(error);
  if (refusal !== undefined)
    return { kind: "failed", failure: { ...refusal, class: classOfRefusal(refusal), scope: "target" } };
  const chain = chainOf(error);
  const code = chain.map(codeOf).findLast((each) => each !== undefined) ?? "Unreachable";
  const isPermanent = chain.some((each) => TLS_FAILURE.test(codeOf(each) ?? "")) || isAuthenticationFailure(error);
  return {
    kind: "failed",
    failure: {
      class: isPermanent ? "permanent" : "transient",
      scope: "target",
      code,
      message: messageOf(error),
      unreached: true,
    },
  };
}

/** A topic that the brokers do not know is missing if they were asked for it; an append may meet an outdated answer. */
function classOfRefusal({ code }: { readonly code: string }): Failure["class"] {
  if (code === "UNKNOWN_TOPIC_OR_PARTITION") return "permanent";
  const kind = KINDS[code];
  if (kind === "throttled") return "throttled";
  return kind === "forbidden" ? "permanent" : "transient";
}

/** Whether the brokers refused the credentials, rather than losing the connection meanwhile. */
export function isAuthenticationFailure(error: unknown): boolean {
  if (refusalIn(error)?.code === "SASL_AUTHENTICATION_FAILED") return true;
  const chain = chainOf(error);
  return chain.some((each) => each instanceof AuthenticationError) && chain.at(-1) instanceof AuthenticationError;
}

/** Nothing was sent: the broker's last answer asked for a pause, because of its quotas (KIP-219). */
export const pausing = (retryAfterMs: number): PublishResult => ({
  kind: "failed",
  failure: {
    class: "throttled",
    scope: "target",
    code: "THROTTLING_QUOTA_EXCEEDED",
    message: "The broker asked for a pause, by its quotas",
    retryAfterMs,
  },
});

/** The batch was sent, or may have been, and no answer came. */
export const noAnswer = (error: unknown): PublishResult => ({
  kind: "failed",
  failure: { class: "ambiguous", scope: "target", code: "NoAnswer", message: messageOf(error) },
});

function refusalIn(error: unknown): { readonly code: string; readonly message: string } | undefined {
  for (const each of chainOf(error)) {
    if (each instanceof BrokerRefusal) return { code: each.code, message: each.message };
    if (each instanceof ProtocolError) {
      const code = String(each["apiId"]);
      return { code, message: String(each["serverErrorMessage"] ?? `Kafka answered ${code}`) };
    }
  }
  return undefined;
}

const LONGEST_CHAIN = 10;

/** An error, its cause, and the cause of that: the client wraps errors in errors. */
function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let next: unknown = error; next instanceof Error && chain.length < LONGEST_CHAIN; ) {
    chain.push(next);
    next = next instanceof MultipleErrors ? next.errors[0] : next.cause;
  }
  return chain;
}

function codeOf(error: Error): string | undefined {
  const code = "code" in error ? error.code : undefined;
  // The client's own codes, such as PLT_KFK_NETWORK, say less than their cause.
  return typeof code === "string" && !code.startsWith("PLT_") ? code : undefined;
}

const LONGEST_MESSAGE = 300;

/** Where the call failed, and the root cause. Connection errors hold addresses and names, no payloads or passwords. */
function messageOf(error: unknown): string {
  const chain = chainOf(error);
  const texts = [chain.at(0)?.message, chain.length > 1 ? chain.at(-1)?.message : undefined];
  return (texts.filter(Boolean).join(": ") || String(error)).slice(0, LONGEST_MESSAGE);
}
