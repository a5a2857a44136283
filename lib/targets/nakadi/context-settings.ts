import type { Construct } from "constructs";
import { withSecrets } from "../shared/http-connection.ts";
import type { OutboxTarget } from "../shared/synth/outbox-target.ts";
import { readSecretSetting, type SecretSetting, secretFromSetting } from "../shared/synth/secret-setting.ts";
import { nakadiTarget } from "./factory.ts";
import { readNakadiTarget } from "./settings.ts";

export type NakadiSettings = { readonly kind: "nakadi" } & ReturnType<typeof readNakadiTarget<SecretSetting>>;

export const readNakadiSettings = (path: string, value: unknown): NakadiSettings => ({
  kind: "nakadi",
  ...readNakadiTarget(path, value, readSecretSetting),
});

export function nakadiFromSettings(scope: Construct, { kind: _kind, auth, ...options }: NakadiSettings): OutboxTarget {
  return nakadiTarget({
    ...options,
    ...(auth === undefined ? {} : { auth: withSecrets(auth, (secret) => secretFromSetting(scope, secret)) }),
  });
}
