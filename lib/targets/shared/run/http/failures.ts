import type { IncomingHttpHeaders } from "node:http";
import type { Failure } from "../../../../contract/failure.ts";
import type { Clock, RefusedResult } from "../../../../core/ports.ts";
import type { HttpAnswer } from "./transport.ts";

/**
 * The meaning of a status for a call that was not accepted.
 *
 * | status                                | class      | scope  | source |
 * |---------------------------------------|------------|--------|--------|
 * | 3xx                                   | permanent  | target | no redirect is followed, as Standard Webhooks advises |
 * | 401, 402, 403, 404, 405, 406, 407, 421, 426, 451 | permanent | target | RFC 9110: who calls, or what it calls, is wrong |
 * | 408, 425                              | transient  | target | RFC 9110, RFC 8470: not processed, to be repeated |
 * | 410                                   | permanent  | target | Standard Webhooks: stop sending; asked again after {@link GONE_REST_MS} |
 * | 429                                   | throttled  | target | RFC 6585 |
 * | any other 4xx                         | permanent  | event  | RFC 9110: this content is refused |
 * | 502, 504                              | ambiguous  | target | RFC 9110: a gateway lost the server behind it, which may have taken the call |
 * | any other 5xx                         | transient  | target | RFC 9110 |
 * | 2xx, its end missing                  | ambiguous  | target | it was accepted, if this was the server's own answer |
 *
 * https://www.rfc-editor.org/rfc/rfc9110.html#name-status-codes
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#delivery-success-and-failure
 */
const CALLER_OR_ADDRESS = new Set([401, 402, 403, 404, 405, 406, 407, 421, 426, 451]);
const REPEAT = new Set([408, 425]);
const GATEWAY = new Set([502, 504]);

/** A receiver that is gone for good is called no more often than this. Longer than any backoff's budget. */
export const GONE_REST_MS = 15 * 60_000;

/** Reads an answer that is not an acceptance. The server's own words are left out: they may repeat what was sent. */
export function refusalOf(answer: HttpAnswer, clock: Clock): RefusedResult {
  if (answer.kind === "unanswered") return { kind: "failed", failure: answer.failure };
  const { status, headers } = answer;
  const code = `HTTP${status}`;
  const asked = retryAfterMsOf(headers, clock);
  const target = (failureClass: Failure["class"], message: string, retryAfterMs = asked): RefusedResult => ({
    kind: "failed",
    failure: {
      class: failureClass,
      scope: "target",
      code,
      message,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  });
  if (status < 300) return target("ambiguous", `the server answered ${status}, and not as it should`);
  if (status < 400) {
    return target("permanent", `the server answered ${status}, a redirect, which is not followed; correct the URL`);
  }
  if (status === 410) {
    return target("permanent", "the receiver is gone; no calls but a probe now and then", GONE_REST_MS);
  }
  if (status === 429) return target("throttled", "the server asks for less");
  if (REPEAT.has(status)) return target("transient", `the server answered ${status}`);
  if (CALLER_OR_ADDRESS.has(status)) {
    return target("permanent", `the server answered ${status}; look at the URL, the credentials and their rights`);
  }
  if (status < 500) {
    const failure: Failure = {
      class: "permanent",
      scope: "event",
      code,
      message: `the server answered ${status} to its content`,
    };
    return { kind: "refused-together", failure };
  }
  return target(GATEWAY.has(status) ? "ambiguous" : "transient", `the server answered ${status}`);
}

/**
 * How long the server asks to be left alone, in milliseconds: in seconds, or until a date.
 * https://www.rfc-editor.org/rfc/rfc9110.html#name-retry-after
 */
export function retryAfterMsOf(headers: IncomingHttpHeaders, clock: Clock): number | undefined {
  const text = headers["retry-after"]?.trim();
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  // A date always names its time zone, GMT; otherwise it would be read in this machine's zone.
  const untilMs = /GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(untilMs) ? undefined : Math.max(0, untilMs - clock.now());
}
