import type { SecretRef } from "../../../../aws/secrets.ts";
import { fieldsOf, numberOf, parsedJson } from "../../../../contract/foreign-value.ts";
import { inTime } from "../../../../core/in-time.ts";
import type { Clock } from "../../../../core/ports.ts";
import type { HttpClientCredentials } from "../../http-connection.ts";
import { retryAfterMsOf } from "./failures.ts";
import { type AuthPorts, bearer, type Credentials, LATE_PROOF, noProof, type Proof, unreadable } from "./proof.ts";
import type { HttpAnswer, HttpMessage } from "./transport.ts";

/** RFC 6749 lets a server leave `expires_in` out; the lifetime is then unknown, and this one is short. */
const UNKNOWN_LIFETIME_MS = 300_000;
/** A token is renewed this long before its end, so that no call arrives with a token that has just ended. */
const MARGIN_MS = 60_000;

/**
 * OAuth 2.0 client credentials (RFC 6749, section 4.4): one token for all calls, kept until shortly before its end, and
 * fetched once however many calls wait for it.
 */
export function clientCredentials(
  auth: HttpClientCredentials<SecretRef>,
  { secrets, clock, transport }: AuthPorts,
): Credentials {
  let token: { readonly proof: Proof; readonly untilMs: number } | undefined;
  let coming: { readonly proof: Promise<Proof>; readonly untilMs: number } | undefined;

  async function fetched(untilMs: number): Promise<Proof> {
    let secret: string;
    try {
      secret = (await secrets.read(auth.clientSecret)).trim();
    } catch (error) {
      return unreadable(error);
    }
    const answer = await transport.post(new URL(auth.tokenUrl), tokenRequest(auth, secret), untilMs);
    const fresh = tokenIn(answer, clock);
    if (fresh.kind === "token") {
      token = { proof: bearer(fresh.token), untilMs: clock.now() + fresh.keepForMs };
      return token.proof;
    }
    // The secret may have been rotated since it was read.
    if (fresh.failure.class === "permanent") secrets.forget(auth.clientSecret);
    return noProof(fresh.failure);
  }

  /** The wait for a fetch ends by its caller's deadline, whatever becomes of the fetch. */
  const fetchedInTime = (untilMs: number): Promise<Proof> =>
    inTime(fetched(untilMs), untilMs - clock.now(), LATE_PROOF, clock).finally(() => {
      coming = undefined;
    });

  return {
    async proof(untilMs) {
      for (;;) {
        if (token !== undefined && token.untilMs > clock.now()) return token.proof;
        coming ??= { proof: fetchedInTime(untilMs), untilMs };
        const { proof: pending, untilMs: pendingUntilMs } = coming;
        const proof = await pending;
        // Another caller began this fetch, and had less time.
        if (proof !== LATE_PROOF || pendingUntilMs >= untilMs) return proof;
      }
    },
    forget(value) {
      // Other calls may have been refused with the same token, and one of them has fetched a new one meanwhile.
      if (token?.proof.kind === "header" && token.proof.value === value) token = undefined;
    },
  };
}

function tokenRequest(
  { clientId, scope, credentialsIn }: HttpClientCredentials<SecretRef>,
  secret: string,
): HttpMessage {
  const form = new URLSearchParams({ grant_type: "client_credentials", ...(scope === undefined ? {} : { scope }) });
  const headers: Record<string, string> = {
    "content-type": "application/x-www-form-urlencoded",
    accept: "application/json",
  };
  if (credentialsIn === "body") {
    form.set("client_id", clientId);
    form.set("client_secret", secret);
  } else {
    // Both are form-encoded first: RFC 6749, section 2.3.1.
    const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
    headers["authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
  }
  return { headers, body: form.toString() };
}

type TokenAnswer =
  | { readonly kind: "token"; readonly token: string; readonly keepForMs: number }
  | { readonly kind: "failed"; readonly failure: Parameters<typeof noProof>[0] };

const failed = (failure: Parameters<typeof noProof>[0]): TokenAnswer => ({ kind: "failed", failure });

/** No event was sent yet, so no failure here is ambiguous. */
function tokenIn(answer: HttpAnswer, clock: Clock): TokenAnswer {
  if (answer.kind === "unanswered") {
    const { code, class: failureClass } = answer.failure;
    const message = "the token endpoint did not answer; nothing was sent";
    return failed({ class: failureClass === "permanent" ? "permanent" : "transient", code, message });
  }
  const { status } = answer;
  const { access_token: token, expires_in: seconds, error } = fieldsOf(parsedJson(answer.body));
  if (status === 200 && typeof token === "string" && /^[\x21-\x7e]+$/.test(token)) {
    const lifetimeSeconds = numberOf(seconds) ?? 0;
    const lifetimeMs = lifetimeSeconds > 0 ? lifetimeSeconds * 1_000 : UNKNOWN_LIFETIME_MS;
    return { kind: "token", token, keepForMs: Math.max(lifetimeMs - MARGIN_MS, lifetimeMs / 2) };
  }
  const retryAfterMs = retryAfterMsOf(answer.headers, clock);
  const rest = retryAfterMs === undefined ? {} : { retryAfterMs };
  // The error codes of RFC 6749, section 5.2, are words; anything else is not shown.
  const reason = typeof error === "string" && /^[a-z_]{1,40}$/.test(error) ? `: ${error}` : "";
  const message = `the token endpoint answered ${status}${reason}`;
  if (status === 429) return failed({ class: "throttled", code: "TokenThrottled", message, ...rest });
  if (status >= 400 && status < 500 && status !== 408)
    return failed({ class: "permanent", code: "TokenRefused", message });
  return failed({ class: "transient", code: "TokenUnavailable", message, ...rest });
}
