import type { Construct } from "constructs";
import { readFields, readText, refuse } from "../../contract/settings/setting-reader.ts";
import type { OutboxTarget } from "../shared/synth/outbox-target.ts";
import { LOGIN_NAMES, type LoginSetting, loginFromSetting, readLogin } from "../shared/synth/secret-setting.ts";
import { natsTarget } from "./factory.ts";

/** With a login where its `secretArn` is given. @default a server without authentication */
export interface NatsSettings extends Partial<LoginSetting> {
  readonly kind: "nats";
  readonly servers: readonly string[];
  readonly subject: string;
  readonly stream?: string;
}

export function readNatsSettings(path: string, value: unknown): NatsSettings {
  const given = readFields(path, value, ["kind", "servers", "subject", "stream", ...LOGIN_NAMES]);
  const { servers, subject, stream } = given;
  const address = "it must be an address such as tls://nats.example.com:4222";
  if (!Array.isArray(servers)) return refuse(`${path}.servers`, servers, "it must be a list of addresses");
  return {
    kind: "nats",
    servers: servers.map((server, index) => readText(`${path}.servers[${index}]`, server, address)),
    subject: readText(`${path}.subject`, subject),
    ...(stream === undefined ? {} : { stream: readText(`${path}.stream`, stream) }),
    ...readLogin(path, given),
  };
}

export function natsFromSettings(
  scope: Construct,
  { kind: _kind, secretArn, secretKeyArn, ...options }: NatsSettings,
): OutboxTarget {
  if (secretArn === undefined) return natsTarget(options);
  const login = { secretArn, ...(secretKeyArn === undefined ? {} : { secretKeyArn }) };
  return natsTarget({ ...options, credentials: loginFromSetting(scope, login) });
}
