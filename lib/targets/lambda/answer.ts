import type { InvokeCommandOutput } from "@aws-sdk/client-lambda";
import type { Failure } from "../../contract/failure.ts";
import { type Fields, fieldsOf, parsedJson, textOf } from "../../contract/foreign-value.ts";

/** A function's answer about the events it was given. */
export type Verdict =
  /** The function took the events, except those named; each with the function's reason, if it gave one. */
  | { readonly kind: "taken"; readonly failed: ReadonlyMap<string, string | undefined> }
  /** The function failed while it had the events. Some event may be to blame, or the function itself. */
  | { readonly kind: "failed"; readonly failure: Omit<Failure, "scope"> }
  /** No event can be to blame: the function never ran, or its answer has no meaning. */
  | { readonly kind: "broken"; readonly failure: Omit<Failure, "scope"> };

/** The function's answer, as far as it tells about the events. */
export type InvokeAnswer = Pick<InvokeCommandOutput, "StatusCode" | "FunctionError" | "Payload">;

/**
 * Reads the answer to a synchronous call.
 *
 * A partial response has the shape of Lambda's own event sources, `{ "batchItemFailures": [{ "itemIdentifier": id }] }`
 * with the events' ids, and is judged by their rules: no list, or an empty one, is success; an identifier that is empty
 * or belongs to no event of the batch fails them all.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function readAnswer({ StatusCode, FunctionError, Payload }: InvokeAnswer, ids: ReadonlySet<string>): Verdict {
  const answer = parsed(Payload);
  if (FunctionError !== undefined) return functionError(fieldsOf(answer));
  if (StatusCode !== 200) return senseless(`its answer has the status ${StatusCode}`);
  if (answer === undefined) return senseless("its answer is not JSON");
  const { batchItemFailures: failures = null } = fieldsOf(answer);
  if (failures === null) return { kind: "taken", failed: new Map() };
  if (!Array.isArray(failures)) return senseless("batchItemFailures in its answer is not a list");
  const failed = new Map<string, string | undefined>();
  for (const failure of failures) {
    const { itemIdentifier, reason } = fieldsOf(failure);
    if (typeof itemIdentifier !== "string" || !ids.has(itemIdentifier)) {
      return senseless("an itemIdentifier in its answer is not the id of an event of the batch");
    }
    failed.set(itemIdentifier, textOf(reason));
  }
  return { kind: "taken", failed };
}

/** Null where the function answered nothing, and undefined where its answer is not JSON. */
const parsed = (payload: InvokeAnswer["Payload"]): unknown =>
  payload === undefined || payload.length === 0 ? null : parsedJson(Buffer.from(payload).toString());

/** The function ran to its end, so the events may well have been taken. */
const senseless = (why: string): Verdict => ({
  kind: "broken",
  failure: {
    class: "ambiguous",
    code: "SenselessAnswer",
    message: `The function answered, but ${why}; it must answer { "batchItemFailures": [{ "itemIdentifier": <event id> }] } or nothing`,
  },
});

/**
 * The runtimes' names for code that cannot be started. Only another deployment can repair it.
 *
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 * https://github.com/aws/aws-lambda-python-runtime-interface-client
 */
const NOT_STARTED = new Set([
  "Runtime.HandlerNotFound",
  "Runtime.ImportModuleError",
  "Runtime.InvalidEntrypoint",
  "Runtime.MalformedHandlerName",
  "Runtime.UserCodeSyntaxError",
]);
/**
 * Lambda's own names for a run that was ended: out of time or of memory, its process gone, its answer too large. How
 * far it got is unknown. Any other name is that of an error the function threw.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
 */
const ENDED = /^(Sandbox|Runtime|Function|Extension)\./;
/** A timeout without a name of its own, as some runtimes report it. */
const OUT_OF_TIME = /Task timed out after/;

/** The function's own words may quote an event, so only the name of its error is told. */
function functionError({ errorType, errorMessage }: Fields): Verdict {
  const name = typeof errorType === "string" && /^[\w.:$-]{1,100}$/.test(errorType) ? errorType : "UnnamedError";
  const ended = ENDED.test(name) || (typeof errorMessage === "string" && OUT_OF_TIME.test(errorMessage));
  const message = `The function failed with ${name}; its log says more`;
  if (NOT_STARTED.has(name)) return { kind: "broken", failure: { class: "permanent", code: name, message } };
  return { kind: "failed", failure: { class: ended ? "ambiguous" : "transient", code: name, message } };
}
