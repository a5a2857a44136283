import type { SecretRef, SecretSource } from "../../lib/aws/secrets.ts";

/** Secrets by the names of the parameters that a configuration refers to. */
export function secretTexts(texts: Readonly<Record<string, string>>): SecretSource {
  return {
    async read(ref: SecretRef) {
      const text = ref.kind === "parameter" ? texts[ref.name] : undefined;
      if (text === undefined) throw new Error("There is no such secret here");
      return text;
    },
    forget: () => undefined,
  };
}
