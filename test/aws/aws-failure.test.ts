import { ResourceNotFoundException } from "@aws-sdk/client-eventbridge";
import { QueueDoesNotExist, RequestThrottled } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { isThrottleCode, refusedCall } from "../../lib/aws/aws-failure.ts";
import { serviceError } from "./fixtures.ts";

/** The error that Node throws for a connection, as the SDK passes it on. */
const networkError = (code: string, message: string, name = "Error") =>
  Object.assign(new Error(message), { name, code, $metadata: { attempts: 1, totalRetryDelay: 0 } });
const named = (name: string, message: string, more: object = {}) =>
  Object.assign(new Error(message), { name, ...more });
const unreadable = (status: number) =>
  named("SyntaxError", "Unexpected token '<', \"<html>\" is not valid JSON", { $metadata: { httpStatusCode: status } });

const THROTTLED = { kind: "failed", failure: { class: "throttled", scope: "target" } };
const TRANSIENT = { kind: "failed", failure: { class: "transient", scope: "target" } };
const AMBIGUOUS = { kind: "failed", failure: { class: "ambiguous", scope: "target" } };
const PERMANENT = { kind: "failed", failure: { class: "permanent", scope: "target" } };
const REFUSED_TOGETHER = { kind: "refused-together", failure: { class: "permanent", scope: "event" } };

describe("refusedCall", () => {
  it.each([
    ["a throttle by name", serviceError("ThrottlingException"), THROTTLED],
    ["a throttle of SQS", new RequestThrottled({ message: "slow", $metadata: { httpStatusCode: 403 } }), THROTTLED],
    ["a throttled key", serviceError("KmsThrottled"), THROTTLED],
    ["a throttle by status", serviceError("Unknown", 429), THROTTLED],
    ["a refused connection", networkError("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1"), TRANSIENT],
    ["an unknown host", networkError("ENOTFOUND", "getaddrinfo ENOTFOUND nowhere.invalid"), TRANSIENT],
    ["a name server without an answer", networkError("EAI_AGAIN", "getaddrinfo EAI_AGAIN events"), TRANSIENT],
    [
      "a connection never made",
      named(
        "TimeoutError",
        "@smithy/node-http-handler - the request socket did not establish a connection with the server within the configured timeout of 1000 ms.",
      ),
      TRANSIENT,
    ],
    [
      "a connection that the network never answered",
      networkError("ETIMEDOUT", "connect ETIMEDOUT 10.0.0.1:443", "TimeoutError"),
      TRANSIENT,
    ],
    ["a call without credentials", named("CredentialsProviderError", "Could not load credentials"), TRANSIENT],
    ["an error of the service", serviceError("InternalException", 500), TRANSIENT],
    ["a service that is unavailable", serviceError("ServiceUnavailable", 503), TRANSIENT],
    ["an error page of a proxy", unreadable(503), TRANSIENT],
    ["a request that came too slowly", serviceError("Unknown", 408), TRANSIENT],
    [
      "a request without an answer",
      networkError(
        "ETIMEDOUT",
        "@smithy/node-http-handler - [ERROR] a request has exceeded the configured 5000 ms requestTimeout.",
        "TimeoutError",
      ),
      AMBIGUOUS,
    ],
    ["an abort", named("AbortError", "Request aborted"), AMBIGUOUS],
    ["a reset connection", networkError("ECONNRESET", "read ECONNRESET", "TimeoutError"), AMBIGUOUS],
    ["a connection hung up", networkError("ECONNRESET", "socket hang up", "TimeoutError"), AMBIGUOUS],
    ["a broken pipe", networkError("EPIPE", "write EPIPE", "TimeoutError"), AMBIGUOUS],
    [
      "an answer cut off",
      Object.assign(networkError("ECONNRESET", "aborted"), { $metadata: { httpStatusCode: 200 } }),
      AMBIGUOUS,
    ],
    ["a success that cannot be read", unreadable(200), AMBIGUOUS],
    ["an error of no known kind", new Error("something else"), AMBIGUOUS],
    ["a thrown text", "nonsense", AMBIGUOUS],
    ["a thrown nothing", undefined, AMBIGUOUS],
    ["a missing permission", serviceError("AccessDeniedException"), PERMANENT],
    ["an expired token", serviceError("ExpiredTokenException", 403), PERMANENT],
    ["a disabled key", serviceError("KmsDisabled"), PERMANENT],
    ["a missing bus", new ResourceNotFoundException({ message: "no", $metadata: { httpStatusCode: 400 } }), PERMANENT],
    ["a missing queue", new QueueDoesNotExist({ message: "no", $metadata: { httpStatusCode: 400 } }), PERMANENT],
    ["a call that breaks the rules", serviceError("ValidationException"), REFUSED_TOGETHER],
    ["a batch too long", serviceError("BatchRequestTooLong"), REFUSED_TOGETHER],
    ["a message with dead letters not allowed", serviceError("InvalidMessageContents"), REFUSED_TOGETHER],
    ["a request too large by status", serviceError("Unknown", 413), REFUSED_TOGETHER],
  ])("takes %s for what it is", (_what, error, expected) => {
    expect(refusedCall(error)).toMatchObject(expected);
  });

  it("names the error by its code, or else by its name, and keeps the message", () => {
    expect(refusedCall(networkError("ECONNRESET", "socket hang up", "TimeoutError"))).toMatchObject({
      failure: { code: "ECONNRESET", message: "socket hang up" },
    });
    expect(refusedCall(serviceError("AccessDeniedException", 400, "not authorized"))).toMatchObject({
      failure: { code: "AccessDeniedException", message: "not authorized" },
    });
  });

  it("shortens a long message and finds one for an error without", () => {
    expect(refusedCall(new Error("x".repeat(1_000))).failure.message).toHaveLength(300);
    expect(refusedCall(named("Odd", "")).failure.message).toBe("Odd");
    expect(refusedCall("nonsense").failure.message).toBe("nonsense");
  });
});

describe("isThrottleCode", () => {
  it.each(["ThrottlingException", "Throttling", "RequestThrottled", "KmsThrottled", "SomeNewThrottledError"])(
    "knows %s",
    (code) => {
      expect(isThrottleCode(code)).toBe(true);
    },
  );

  it.each(["InternalFailure", "AccessDenied", "NoResult"])("does not take %s for one", (code) => {
    expect(isThrottleCode(code)).toBe(false);
  });
});
