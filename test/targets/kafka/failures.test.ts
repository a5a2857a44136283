import { AuthenticationError, MultipleErrors, NetworkError, ResponseError } from "@platformatic/kafka";
import { describe, expect, it } from "vitest";
import {
  BrokerRefusal,
  isAuthenticationFailure,
  isOutOfStep,
  nameOf,
  noAnswer,
  notSent,
  refusedBatch,
} from "../../../lib/targets/kafka/failures.ts";

const SASL_AUTHENTICATE = 36;

describe("a batch that a broker refuses", () => {
  it.each([
    [1, "transient", "failed"],
    [3, "transient", "failed"],
    [5, "transient", "failed"],
    [6, "transient", "failed"],
    [7, "ambiguous", "failed"],
    [10, "permanent", "refused-together"],
    [17, "permanent", "failed"],
    [18, "permanent", "refused-together"],
    [19, "transient", "failed"],
    [20, "ambiguous", "failed"],
    [29, "permanent", "failed"],
    [31, "permanent", "failed"],
    [32, "permanent", "refused-together"],
    [45, "transient", "failed"],
    [56, "ambiguous", "failed"],
    [58, "permanent", "failed"],
    [87, "permanent", "refused-together"],
    [89, "throttled", "failed"],
    [-1, "ambiguous", "failed"],
    [12_345, "transient", "failed"],
  ])("with code %i is %s: %s", (code, failureClass, kind) => {
    const scope = kind === "failed" ? "target" : "event";
    const failure = { class: failureClass, scope, code: nameOf(code), message: `Kafka answered ${nameOf(code)}` };
    expect(refusedBatch(nameOf(code), null)).toEqual({ kind, failure });
  });

  it("for its numbers has the producer made anew", () => {
    expect([45, 47, 59, 90].map(nameOf).every(isOutOfStep)).toBe(true);
    expect([3, 6, 7, 10].map(nameOf).some(isOutOfStep)).toBe(false);
  });
});

/** The client's error for a failed handshake. */
const connecting = (cause: Error) => new NetworkError("Connection to b-1:9098 failed.", { cause });
const nodeError = (code: string) => Object.assign(new Error(`connect ${code} 10.0.0.1:9098`), { code });
const refusedLogin = connecting(
  new AuthenticationError("SASL authentication failed.", {
    cause: new ResponseError(SASL_AUTHENTICATE, 2, { "/": [58, "Authentication failed: invalid credentials"] }, {}),
  }),
);

describe("events that were not sent", () => {
  it.each([
    ["nobody listens", connecting(nodeError("ECONNREFUSED")), "transient", "ECONNREFUSED"],
    ["the name is unknown", connecting(nodeError("ENOTFOUND")), "transient", "ENOTFOUND"],
    ["it took too long", new DOMException("The operation was aborted due to timeout", "TimeoutError"), "transient"],
    ["nobody vouches for the certificate", connecting(nodeError("SELF_SIGNED_CERT_IN_CHAIN")), "permanent"],
    ["the certificate is another's", connecting(nodeError("ERR_TLS_CERT_ALTNAME_INVALID")), "permanent"],
    ["the certificate is too old", connecting(nodeError("CERT_HAS_EXPIRED")), "permanent"],
    ["the server speaks no TLS", connecting(nodeError("ERR_SSL_WRONG_VERSION_NUMBER")), "permanent"],
    ["the credentials are wrong", refusedLogin, "permanent", "SASL_AUTHENTICATION_FAILED"],
    [
      "the broker cannot prove who it is",
      connecting(new AuthenticationError("Invalid server signature.")),
      "permanent",
    ],
    [
      "the connection broke in the handshake",
      connecting(
        new AuthenticationError("SASL authentication failed.", { cause: new NetworkError("Connection closed") }),
      ),
      "transient",
    ],
    ["no broker answers", new MultipleErrors("None", [connecting(nodeError("ECONNREFUSED"))]), "transient"],
    ["the topic is missing", new BrokerRefusal(3, "no topic"), "permanent", "UNKNOWN_TOPIC_OR_PARTITION"],
    ["the topic is not shown to the user", new BrokerRefusal(29, "no"), "permanent", "TOPIC_AUTHORIZATION_FAILED"],
    ["the broker is starting", new BrokerRefusal(14, "loading"), "transient", "COORDINATOR_LOAD_IN_PROGRESS"],
    ["the partition has no leader", new BrokerRefusal("LEADER_NOT_AVAILABLE", "none"), "transient"],
    ["the broker asked for a pause", new BrokerRefusal("THROTTLING_QUOTA_EXCEEDED", "pause"), "throttled"],
    ["something else was thrown", "a text", "transient", "Unreachable"],
  ])("because %s are the target's matter", (_why, error, failureClass, code = expect.any(String)) => {
    expect(notSent(error)).toMatchObject({ kind: "failed", failure: { class: failureClass, scope: "target", code } });
  });

  it("say where it failed and why", () => {
    expect(notSent(connecting(nodeError("ECONNREFUSED")))).toMatchObject({
      failure: { message: "Connection to b-1:9098 failed.: connect ECONNREFUSED 10.0.0.1:9098" },
    });
  });
});

describe("credentials", () => {
  it("were refused only where the broker, or the proof of who it is, says so", () => {
    expect(isAuthenticationFailure(refusedLogin)).toBe(true);
    expect(isAuthenticationFailure(connecting(new AuthenticationError("Invalid server signature.")))).toBe(true);
    expect(isAuthenticationFailure(connecting(nodeError("ECONNRESET")))).toBe(false);
    expect(isAuthenticationFailure(new BrokerRefusal(29, "no"))).toBe(false);
  });
});

it("does not know what became of a batch without an answer", () => {
  expect(noAnswer(new NetworkError("Connection closed"))).toEqual({
    kind: "failed",
    failure: { class: "ambiguous", scope: "target", code: "NoAnswer", message: "Connection closed" },
  });
});
