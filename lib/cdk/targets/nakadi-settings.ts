import type { Construct } from "constructs";
import { withSecrets } from "../../core/http-connection.ts";
import { readNakadiTarget } from "../../core/nakadi-target.ts";
import { OutboxTarget } from "./outbox-target.ts";
import { readSecretSetting, type SecretSetting, secretFromSetting } from "./secret-setting.ts";

export type NakadiSettings = { readonly kind: "nakadi" } & ReturnType<typeof readNakadiTarget<SecretSetting>>;

export const readNakadiSettings = (path: string, value: unknown): NakadiSettings => ({
  kind: "nakadi",
  ...readNakadiTarget(path, value, readSecretSetting),
});

export function nakadiFromSettings(scope: Construct, { kind: _kind, auth, ...options }: NakadiSettings): OutboxTarget {
  return OutboxTarget.nakadi({
    ...options,
    ...(auth === undefined ? {} : { auth: withSecrets(auth, (secret) => secretFromSetting(scope, secret)) }),
  });
}
