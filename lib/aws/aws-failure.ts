import type { Failure } from "../contract/failure.ts";
import { entryNamed, fieldsOf, textOf } from "../contract/foreign-value.ts";
import { errorName } from "../contract/telemetry/error-name.ts";
import type { RefusedResult } from "../core/ports.ts";

const THROTTLES = new Set([
  "ThrottlingException",
  "Throttling",
  "ThrottledException",
  "RequestThrottled",
  "RequestThrottledException",
  "TooManyRequestsException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "SlowDown",
  "LimitExceededException",
  "OverLimit",
  "KmsThrottled",
]);
/** The call was refused for its content: another call may pass. */
const REFUSED_FOR_CONTENT = new Set([
  "ValidationException",
  "ValidationError",
  "InvalidParameterValue",
  "InvalidParameterException",
  "InvalidArgument",
  "InvalidMessageContents",
  "SerializationException",
  "BatchRequestTooLong",
  "RequestEntityTooLargeException",
  "PayloadTooLarge",
]);
/** The call never reached the target, so it cannot have landed. */
const NOT_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
  "CredentialsProviderError",
]);
/** The call was sent, or may have been, and no answer came. */
const NO_ANSWER = new Set(["TimeoutError", "AbortError", "RequestTimeout", "ECONNRESET", "EPIPE", "ETIMEDOUT"]);

/**
 * The meaning of a target's own errors, by their codes or names, where the rules below do not know it: a class says
 * that the target is to blame, `content` that the call was refused for its content.
 */
export type ErrorTable = Readonly<Record<string, Failure["class"] | "content">>;

/**
 * The result that a call which threw gives all its entries. Error texts of services hold no payloads; serialization
 * errors are shortened.
 *
 * @param table is asked first.
 */
export function refusedCall(error: unknown, table: ErrorTable = {}): RefusedResult {
  const { name, code, status, message } = facts(error);
  const named = (set: ReadonlySet<string>) => set.has(name) || set.has(code);
  const target = (failureClass: Failure["class"]): RefusedResult => ({
    kind: "failed",
    failure: { class: failureClass, scope: "target", code: code || name, message },
  });
  const unreached: RefusedResult = {
    kind: "failed",
    failure: { class: "transient", scope: "target", code: code || name, message, unreached: true },
  };
  const meaning = entryNamed(table, code) ?? entryNamed(table, name);
  if (meaning !== undefined && meaning !== "content") return target(meaning);
  if (meaning === undefined && (named(THROTTLES) || status === 429)) return target("throttled");
  if (named(NOT_SENT)) return unreached;
  // A connection that was never made reports its own timeout under the same name; then nothing was sent.
  if (named(NO_ANSWER))
    return /establish|connect/i.test(message) && status === undefined ? unreached : target("ambiguous");
  if (meaning === "content" || named(REFUSED_FOR_CONTENT) || status === 413) {
    return { kind: "refused-together", failure: { class: "permanent", scope: "event", code: name, message } };
  }
  if (status !== undefined && status >= 400 && status < 500 && status !== 408) return target("permanent");
  // The target said yes, but the rest of its answer cannot be read: the entries may well have landed.
  if (status !== undefined && status < 300) return target("ambiguous");
  if (status !== undefined) return target("transient");
  // Broken connections have many names; without a status nobody knows how far the call got.
  return target("ambiguous");
}

const LONGEST_MESSAGE = 300;

function facts(error: unknown) {
  const { name, message, code, $metadata, Code } = fieldsOf(error);
  const { httpStatusCode: status } = fieldsOf($metadata);
  return {
    name: textOf(name) ?? "UnknownError",
    code: textOf(code) ?? textOf(Code) ?? "",
    message: (textOf(message) ?? textOf(name) ?? errorName(error)).slice(0, LONGEST_MESSAGE),
    status: typeof status === "number" ? status : undefined,
  };
}

export const isThrottleCode = (code: string): boolean => THROTTLES.has(code) || /throttl/i.test(code);

/** Whether a call was refused because the caller lacks the permission. */
export function isDenial(error: unknown): boolean {
  const { name, code, status } = facts(error);
  return [name, code].some((text) => /^AccessDenied/.test(text)) || status === 403;
}
