import { refusedCall } from "../../lib/aws/aws-failure.ts";
import type { Failure } from "../../lib/contract/failure.ts";
import type { CheckAnswer } from "../../lib/core/ports.ts";
import { failedCheck } from "../../lib/targets/eventbridge/answers.ts";

/**
 * What calls to a target meet, as the AWS SDK throws it. A fake says what happened; what it means is for the code of the
 * targets to say.
 */
export const MET = {
  internalFailure: sdkError("InternalFailure", "500", { status: 500 }),
  unavailable: sdkError("ServiceUnavailable", "503", { status: 503 }),
  throttled: sdkError("ThrottlingException", "slow", { status: 400 }),
  refused: sdkError("ValidationException", "refused", { status: 400 }),
  timeout: sdkError("TimeoutError", "no answer"),
  cut: sdkError("Error", "socket hang up", { code: "ECONNRESET" }),
  /** Nothing was sent, for nobody listens. */
  nobodyListens: sdkError("Error", "refused", { code: "ECONNREFUSED" }),
  missing: sdkError("ResourceNotFoundException", "no such bus", { status: 400 }),
  denied: sdkError("AccessDeniedException", "not authorized", { status: 400 }),
} as const;

interface Facts {
  readonly status?: number;
  readonly code?: string;
}

function sdkError(name: string, message: string, { status, code }: Facts = {}): Error {
  return Object.assign(new Error(message), {
    name,
    ...(code !== undefined && { code }),
    ...(status !== undefined && { $metadata: { httpStatusCode: status } }),
  });
}

/** The failure of each entry of a call that met this. */
export const failureOf = (met: Error): Failure => refusedCall(met).failure;

/** What a check throws that does not find the bus. */
const CHECK_ERRORS = { denied: MET.denied, unanswered: MET.throttled, missing: MET.missing } as const;

/** The answer of a check for which this is so, as the product reads what the check throws. */
export const checkAnswerFor = (truth: CheckAnswer): CheckAnswer =>
  truth === "exists" ? "exists" : failedCheck(CHECK_ERRORS[truth]);
