import type { SecretSource } from "../../../../aws/secrets.ts";
import type { Failure } from "../../../../contract/failure.ts";
import type { Clock } from "../../../../core/ports.ts";
import type { HttpTransport } from "./transport.ts";

/** A header that proves who calls, or the reason why there is none. */
export type Proof =
  | { readonly kind: "header"; readonly name: string; readonly value: string }
  | { readonly kind: "none"; readonly failure: Failure };

export interface Credentials {
  proof(untilMs: number): Promise<Proof>;
  /** The server refused the proof of this value: the next proof must not come from memory. */
  forget(value: string): void;
}

export interface AuthPorts {
  readonly secrets: SecretSource;
  readonly clock: Clock;
  readonly transport: HttpTransport;
}

export const bearer = (token: string): Proof => ({ kind: "header", name: "authorization", value: `Bearer ${token}` });

export const noProof = (failure: Omit<Failure, "scope">): Proof => ({
  kind: "none",
  failure: { ...failure, scope: "target" },
});

/** The secret could not be read: nothing was sent, and the next attempt may be able to read it. */
export const unreadable = (error: unknown): Proof =>
  noProof({
    class: "transient",
    code: "CredentialsUnavailable",
    message: error instanceof Error ? error.message : "a secret could not be read",
  });

/** The credentials did not come before the call had to end. */
export const LATE_PROOF = noProof({
  class: "transient",
  code: "CredentialsLate",
  message: "the credentials did not come in time; nothing was sent",
});
