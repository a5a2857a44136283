import type { SecretRef, SecretSource } from "../../lib/adapters/secrets.ts";

/** Secrets by the names of parameters, as the Parameter Store would hold them. */
export const secretsOf = (texts: Readonly<Record<string, string>>): SecretSource => ({
  read: async (ref: SecretRef) => (ref.kind === "parameter" ? (texts[ref.name] ?? "") : ""),
  forget: () => undefined,
});
