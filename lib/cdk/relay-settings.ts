import { readFields, readFlag, readInteger, refuse } from "../core/setting-reader.ts";
import {
  DELIVERY_SETTING_NAMES,
  type DeliverySettings,
  readDeliverySettings,
  readRelayTimeout,
} from "../core/settings.ts";

/** The settings of one relay that are plain values: what the construct's props and the CDK context have in common. */
export interface RelaySettings {
  readonly delivery: DeliverySettings;
  readonly memoryMb: number;
  readonly relayTimeoutSeconds: number;
  readonly batchSize: number;
  readonly requeueEverySeconds: number;
  readonly requeuerReservedConcurrency?: number;
  readonly alarms: AlarmSettings;
}

export interface AlarmSettings {
  /** Makes the composite alarm "delivery is at risk". @default true */
  readonly composite: boolean;
}

export const DEFAULT_MEMORY_MB = 1_024;
export const DEFAULT_BATCH_SIZE = 1_000;
export const DEFAULT_REQUEUE_EVERY_SECONDS = 60;
export const DEFAULT_ALARMS: AlarmSettings = { composite: true };

export const RELAY_SETTING_NAMES = [
  ...DELIVERY_SETTING_NAMES,
  "memoryMb",
  "batchSize",
  "requeueEverySeconds",
  "requeuerReservedConcurrency",
  "alarms",
] as const;
type RelaySettingName = (typeof RELAY_SETTING_NAMES)[number];

/**
 * Checks the settings of one relay and fills in the defaults.
 *
 * @throws SettingError naming the setting, the value and what is allowed.
 */
export function readRelaySettings(path: string, value: unknown): RelaySettings {
  const given = readFields<RelaySettingName>(path, value, RELAY_SETTING_NAMES);
  const memoryMb = readInteger(`${path}.memoryMb`, given.memoryMb ?? DEFAULT_MEMORY_MB, { min: 128, max: 10_240 });
  const relayTimeoutSeconds = readRelayTimeout(path, given.relayTimeoutSeconds);
  const delivery = Object.fromEntries(DELIVERY_SETTING_NAMES.map((name) => [name, given[name]]));
  return {
    delivery: readDeliverySettings(path, delivery, { memoryMb, relayTimeoutSeconds }),
    memoryMb,
    relayTimeoutSeconds,
    batchSize: readInteger(`${path}.batchSize`, given.batchSize ?? DEFAULT_BATCH_SIZE, { min: 1, max: 10_000 }),
    requeueEverySeconds: readWholeMinutes(
      `${path}.requeueEverySeconds`,
      given.requeueEverySeconds ?? DEFAULT_REQUEUE_EVERY_SECONDS,
    ),
    ...(given.requeuerReservedConcurrency === undefined
      ? {}
      : {
          requeuerReservedConcurrency: readInteger(
            `${path}.requeuerReservedConcurrency`,
            given.requeuerReservedConcurrency,
            { min: 1, max: 1, because: "one requeuer runs at a time" },
          ),
        }),
    alarms: readAlarms(`${path}.alarms`, given.alarms ?? {}),
  };
}

function readWholeMinutes(path: string, value: unknown): number {
  const seconds = readInteger(path, value, { min: 60, max: 3_600 });
  return seconds % 60 === 0
    ? seconds
    : refuse(
        path,
        value,
        "it must be a whole number of minutes, 60, 120 and so on, since a schedule counts in minutes",
      );
}

function readAlarms(path: string, value: unknown): AlarmSettings {
  const given = readFields(path, value, ["composite"]);
  return { composite: readFlag(`${path}.composite`, given.composite ?? DEFAULT_ALARMS.composite) };
}
