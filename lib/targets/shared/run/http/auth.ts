import type { SecretRef, SecretSource } from "../../../../aws/secrets.ts";
import { inTime } from "../../../../core/in-time.ts";
import type { Clock } from "../../../../core/ports.ts";
import type { HttpAuth } from "../../http-connection.ts";
import { clientCredentials } from "./oauth-token.ts";
import { type AuthPorts, bearer, type Credentials, LATE_PROOF, type Proof, unreadable } from "./proof.ts";
import type { HttpAnswer, HttpMessage, HttpTransport } from "./transport.ts";

export function credentialsFor(auth: HttpAuth<SecretRef>, ports: AuthPorts): Credentials {
  switch (auth.kind) {
    case "api-key":
      return fromSecret(auth.value, (text) => ({ kind: "header", name: auth.header, value: text }), ports.secrets);
    case "bearer":
      return fromSecret(auth.token, bearer, ports.secrets);
    case "oauth2":
      return clientCredentials(auth, ports);
  }
}

function fromSecret(ref: SecretRef, proofOf: (text: string) => Proof, secrets: SecretSource): Credentials {
  return {
    async proof() {
      try {
        return proofOf((await secrets.read(ref)).trim());
      } catch (error) {
        return unreadable(error);
      }
    },
    forget: () => secrets.forget(ref),
  };
}

/** The answer of a server that does not know the caller, or no longer does. */
const UNAUTHORIZED: ReadonlySet<number> = new Set([401]);

/**
 * A transport that proves who calls. A refused proof is renewed once and the call repeated, for such a refusal means
 * that nothing was taken in; an unchanged proof is not shown again.
 */
export function authorized(
  transport: HttpTransport,
  credentials: Credentials | undefined,
  clock: Clock,
  refusals: ReadonlySet<number> = UNAUTHORIZED,
): HttpTransport {
  if (credentials === undefined) return transport;
  const proofInTime = (untilMs: number) => inTime(credentials.proof(untilMs), untilMs - clock.now(), LATE_PROOF, clock);
  return {
    async post(url, message, untilMs) {
      const first = await proofInTime(untilMs);
      if (first.kind === "none") return unanswered(first);
      const answer = await transport.post(url, withHeader(message, first), untilMs);
      if (answer.kind === "unanswered" || !refusals.has(answer.status)) return answer;
      credentials.forget(first.value);
      const second = await proofInTime(untilMs);
      if (second.kind === "none") return unanswered(second);
      return second.value === first.value ? answer : transport.post(url, withHeader(message, second), untilMs);
    },
  };
}

const withHeader = (message: HttpMessage, { name, value }: Extract<Proof, { kind: "header" }>): HttpMessage => ({
  ...message,
  headers: { ...message.headers, [name]: value },
});

const unanswered = ({ failure }: Extract<Proof, { kind: "none" }>): HttpAnswer => ({ kind: "unanswered", failure });
