import { createHash, createHmac } from "node:crypto";
import type { SecretRef, SecretSource } from "../../aws/secrets.ts";
import type { Failure } from "../../contract/failure.ts";
import { inTime } from "../../core/in-time.ts";
import type { Clock } from "../../core/ports.ts";

/** Bytes of a signing key: "at least 24 bytes (192 bits, 512 maximum)". */
const KEY_BYTES = { min: 24, max: 64 };
const PREFIX = "whsec_";
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Reads a signing secret of Standard Webhooks: base64, with or without its prefix `whsec_`.
 *
 * @throws an error that describes the fault and never shows the secret.
 */
export function signingKey(secret: string): Buffer {
  const text = secret.trim();
  const base64 = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  const key = Buffer.from(base64, "base64");
  if (BASE64.test(base64) && key.length >= KEY_BYTES.min && key.length <= KEY_BYTES.max) return key;
  throw new Error(
    `a signing secret is ${PREFIX} and ${KEY_BYTES.min} to ${KEY_BYTES.max} bytes in base64; this one is ` +
      (BASE64.test(base64) ? `base64 of ${key.length} bytes` : "not base64"),
  );
}

/**
 * The three headers of Standard Webhooks: an id that stays the same in every attempt, the time of this attempt, and, by
 * each key, a signature of id, time and body.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
 */
export function signedHeaders(
  id: string,
  body: string,
  { keys, nowMs }: { readonly keys: readonly Buffer[]; readonly nowMs: number },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signatures = keys.map(
    (key) => `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`,
  );
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

const PLAIN_ID = /^[A-Za-z0-9_-]{1,128}$/;

/**
 * The id of a call. A full stop would end the id in the signed text, and a header cannot hold every character, so an
 * event id with either, and the ids of a batch together, are hashed: the same ids give the same string in every
 * attempt.
 */
export function webhookId(eventIds: readonly string[]): string {
  const [first = ""] = eventIds;
  if (eventIds.length === 1 && PLAIN_ID.test(first)) return first;
  return `msg_${createHash("sha256").update(JSON.stringify(eventIds)).digest("base64url")}`;
}

export interface WebhookSigner {
  /** Signs a call of these events. Settles by `untilMs` (epoch milliseconds). Never rejects. */
  sign(eventIds: readonly string[], body: string, untilMs: number): Promise<Signed>;
  /** The receiver did not know the caller: the secrets may have been rotated. */
  forget(): void;
}

export type Signed =
  | { readonly kind: "signed"; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "unsigned"; readonly failure: Failure };

/** Signs by each of the secrets: the one in use first, then those that receivers may still know in a rotation. */
export function webhookSigner(refs: readonly SecretRef[], secrets: SecretSource, clock: Clock): WebhookSigner {
  async function signed(eventIds: readonly string[], body: string): Promise<Signed> {
    let texts: readonly string[];
    try {
      texts = await Promise.all(refs.map((ref) => secrets.read(ref)));
    } catch (error) {
      return unsigned("transient", "CredentialsUnavailable", error);
    }
    try {
      const keys = texts.map(signingKey);
      return { kind: "signed", headers: signedHeaders(webhookId(eventIds), body, { keys, nowMs: clock.now() }) };
    } catch (error) {
      for (const ref of refs) secrets.forget(ref);
      return unsigned("permanent", "SigningSecretInvalid", error);
    }
  }

  return {
    sign: (eventIds, body, untilMs) => inTime(signed(eventIds, body), untilMs - clock.now(), LATE, clock),
    forget: () => {
      for (const ref of refs) secrets.forget(ref);
    },
  };
}

const unsigned = (failureClass: Failure["class"], code: string, error: unknown): Signed => ({
  kind: "unsigned",
  failure: {
    class: failureClass,
    scope: "target",
    code,
    message: error instanceof Error ? error.message : "the call could not be signed",
  },
});

const LATE = unsigned(
  "transient",
  "CredentialsLate",
  new Error("the signing secret did not come in time; nothing was sent"),
);
