import type { Construct } from "constructs";
import { readFields, readText } from "../../contract/settings/setting-reader.ts";
import type { OutboxTarget } from "../shared/synth/outbox-target.ts";
import { LOGIN_NAMES, type LoginSetting, loginFromSetting, readLogin } from "../shared/synth/secret-setting.ts";
import { rabbitMqTarget } from "./factory.ts";

/** With a login where its `secretArn` is given. @default RabbitMQ's guest */
export interface RabbitMqSettings extends Partial<LoginSetting> {
  readonly kind: "rabbitmq";
  readonly url: string;
  readonly exchange?: string;
  readonly routingKey?: string;
  readonly queue?: string;
}

const TEXTS = ["exchange", "routingKey", "queue"] as const;

export function readRabbitMqSettings(path: string, value: unknown): RabbitMqSettings {
  const given = readFields(path, value, ["kind", "url", ...TEXTS, ...LOGIN_NAMES]);
  const texts = TEXTS.flatMap((name) =>
    given[name] === undefined ? [] : [[name, readText(`${path}.${name}`, given[name])] as const],
  );
  return {
    kind: "rabbitmq",
    url: readText(`${path}.url`, given.url, "it must be amqps://host[:port][/vhost]"),
    ...Object.fromEntries(texts),
    ...readLogin(path, given),
  };
}

export function rabbitMqFromSettings(
  scope: Construct,
  { kind: _kind, secretArn, secretKeyArn, ...options }: RabbitMqSettings,
): OutboxTarget {
  if (secretArn === undefined) return rabbitMqTarget(options);
  const login = { secretArn, ...(secretKeyArn === undefined ? {} : { secretKeyArn }) };
  return rabbitMqTarget({ ...options, ...loginFromSetting(scope, login) });
}
