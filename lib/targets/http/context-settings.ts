import type { Construct } from "constructs";
import { withSecrets } from "../shared/http-connection.ts";
import type { OutboxTarget } from "../shared/synth/outbox-target.ts";
import { readSecretSetting, type SecretSetting, secretFromSetting } from "../shared/synth/secret-setting.ts";
import { httpTarget } from "./factory.ts";
import { readHttpTarget } from "./settings.ts";

export type HttpSettings = { readonly kind: "http" } & ReturnType<typeof readHttpTarget<SecretSetting>>;

export const readHttpSettings = (path: string, value: unknown): HttpSettings => ({
  kind: "http",
  ...readHttpTarget(path, value, readSecretSetting),
});

export function httpFromSettings(scope: Construct, settings: HttpSettings): OutboxTarget {
  const { kind: _kind, auth, signing, limits, maxHeaderBytes, mode, ...options } = settings;
  const imported = (secret: SecretSetting) => secretFromSetting(scope, secret);
  return httpTarget({
    ...options,
    mode,
    maxBytes: limits.maxBytes,
    ...(mode === "batch" ? { maxEntries: limits.maxEntries } : {}),
    ...(mode === "binary" ? { maxHeaderBytes } : {}),
    ...(auth === undefined ? {} : { auth: withSecrets(auth, imported) }),
    signing: signing.map(imported),
  });
}
