import { typesFilter } from "../contract/deployment/stream-mapping.ts";
import type { EventTypes } from "../contract/settings/event-types.ts";
import { readFields, readFlag, readInteger, readOneOf, refuse } from "../contract/settings/setting-reader.ts";
import { DELIVERY_SETTING_NAMES, type DeliverySettings, readDeliverySettings } from "../contract/settings/settings.ts";
import {
  DEFAULT_REMOVAL_POLICY,
  type KeptPolicy,
  readRemovalPolicy,
  readWarmThroughput,
  type WarmThroughputSetting,
} from "../synth/table-settings.ts";
import { readCollector } from "./functions/collector-layer.ts";
import { readStreamMapping, type StreamMappingSetting } from "./functions/stream-mapping-setting.ts";
import { forEmulator } from "./local-settings.ts";

/** The settings of one relay that are plain values, shared by the construct's props and the CDK context. */
export interface RelaySettings {
  readonly delivery: DeliverySettings;
  readonly memoryMb: number;
  readonly relayTimeoutSeconds: number;
  readonly batchSize: number;
  readonly requeueEverySeconds: number;
  readonly requeuerReservedConcurrency?: number;
  /** The layer with an OpenTelemetry SDK. @default none: nothing is traced */
  readonly collectorLayerArn?: string;
  /** The layer's script that starts the SDK. Set if the layer is set. */
  readonly collectorWrapper?: string;
  /** @default the mapping that the first deploy made */
  readonly streamMapping?: StreamMappingSetting;
  readonly alarms: AlarmSettings;
  /** @default "full" */
  readonly monitoring: MonitoringLevel;
  /** @default "retain" */
  readonly removalPolicy: KeptPolicy;
  /** @default what DynamoDB gives every table on demand */
  readonly warmThroughput?: WarmThroughputSetting;
}

/**
 * How much of CloudWatch is used: `full` is the dashboard, the alarms and every metric; `alarms` is the alarms and the
 * relay's metrics that they use; `none` is none of these. Logs, with the counts of each invocation, are always written.
 * docs/performance.md has the costs.
 */
export const MONITORING_LEVELS = ["full", "alarms", "none"] as const;
export type MonitoringLevel = (typeof MONITORING_LEVELS)[number];

export interface AlarmSettings {
  /** Makes the composite alarm "delivery is at risk". @default true */
  readonly composite: boolean;
  /** Makes the alarms that use metric math. @default true */
  readonly metricMath: boolean;
  /**
   * The objective: the longest that an event may wait, in seconds, 30 to 43,199. It must be at least minAgeSeconds,
   * since a row whose wake-up was lost waits that long.
   *
   * @default 300, or minAgeSeconds if that is more
   */
  readonly undeliveredSeconds: number;
  /**
   * The URL of the runbook, without an #anchor: each alarm's description ends with a link to its chapter.
   *
   * @default docs/operations.md in the repository that this package's package.json names; if it names none, the
   * dashboard, which then ends with the runbook; without a dashboard, the file's name without a link
   */
  readonly runbook?: string;
}

const DEFAULT_MEMORY_MB = 1_024;
export const DEFAULT_BATCH_SIZE = 1_000;
const DEFAULT_REQUEUE_EVERY_SECONDS = 60;
const DEFAULT_ALARMS: AlarmSettings = {
  composite: true,
  metricMath: true,
  undeliveredSeconds: 300,
};

const DEFAULT_MONITORING: MonitoringLevel = "full";

export const RELAY_SETTING_NAMES = [
  ...DELIVERY_SETTING_NAMES,
  "memoryMb",
  "batchSize",
  "requeueEverySeconds",
  "requeuerReservedConcurrency",
  "collectorLayerArn",
  "collectorWrapper",
  "streamMapping",
  "alarms",
  "monitoring",
  "removalPolicy",
  "warmThroughput",
] as const;
export type RelaySettingName = (typeof RELAY_SETTING_NAMES)[number];

/**
 * Checks the settings of one relay and fills in the defaults.
 *
 * @param isLocal whether they are for the emulator: see {@link forEmulator}.
 * @throws SettingError naming the setting, the value and what is allowed.
 */
export function readRelaySettings(path: string, value: unknown, isLocal = false): RelaySettings {
  const asGiven = readFields<RelaySettingName>(path, value, RELAY_SETTING_NAMES);
  const given = isLocal ? forEmulator(asGiven) : asGiven;
  const memoryMb = readInteger(`${path}.memoryMb`, given.memoryMb ?? DEFAULT_MEMORY_MB, { min: 128, max: 10_240 });
  const delivery = readDeliverySettings(
    path,
    Object.fromEntries(DELIVERY_SETTING_NAMES.map((name) => [name, given[name]])),
    memoryMb,
  );
  requireShortFilter(`${path}.eventTypes`, delivery.eventTypes);
  return {
    delivery,
    memoryMb,
    relayTimeoutSeconds: delivery.relayTimeoutSeconds,
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
    ...readCollector(path, given.collectorLayerArn, given.collectorWrapper),
    ...(given.streamMapping === undefined
      ? {}
      : { streamMapping: readStreamMapping(`${path}.streamMapping`, given.streamMapping) }),
    alarms: readAlarms(`${path}.alarms`, given.alarms ?? {}, delivery.minAgeSeconds),
    monitoring: readOneOf(`${path}.monitoring`, given.monitoring ?? DEFAULT_MONITORING, MONITORING_LEVELS),
    removalPolicy: readRemovalPolicy(`${path}.removalPolicy`, given.removalPolicy ?? DEFAULT_REMOVAL_POLICY),
    ...(given.warmThroughput === undefined
      ? {}
      : { warmThroughput: readWarmThroughput(`${path}.warmThroughput`, given.warmThroughput) }),
  };
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Filter.html */
const FILTER_CHARACTERS = 4_096;

/** Refuses a filter that Lambda would refuse in the middle of a deployment. */
function requireShortFilter(path: string, eventTypes: EventTypes | undefined): void {
  if (eventTypes === undefined || "except" in eventTypes) return;
  const { length } = JSON.stringify(typesFilter(eventTypes.only));
  if (length <= FILTER_CHARACTERS) return;
  const reason = `the filter that it makes of the stream has ${length} characters, and Lambda takes ${FILTER_CHARACTERS}`;
  refuse(path, eventTypes, `${reason}; give prefixes, such as order.*, or let this relay say except`);
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

const MAX_UNDELIVERED_SECONDS = 43_199;

function readAlarms(path: string, value: unknown, minAgeSeconds: number): AlarmSettings {
  const given = readFields(path, value, ["composite", "metricMath", "undeliveredSeconds", "runbook"]);
  const { composite, metricMath, runbook } = { ...DEFAULT_ALARMS, ...given };
  return {
    composite: readFlag(`${path}.composite`, composite),
    metricMath: readFlag(`${path}.metricMath`, metricMath),
    undeliveredSeconds: readUndelivered(`${path}.undeliveredSeconds`, given.undeliveredSeconds, minAgeSeconds),
    ...(runbook === undefined ? {} : { runbook: readRunbook(`${path}.runbook`, runbook) }),
  };
}

/**
 * A row whose wake-up was lost waits until the sweep takes it: with a shorter objective the alarm would be on without a
 * fault.
 */
function readUndelivered(path: string, value: unknown, minAgeSeconds: number): number {
  if (value === undefined) return Math.max(DEFAULT_ALARMS.undeliveredSeconds, minAgeSeconds);
  const seconds = readInteger(path, value, { min: 30, max: MAX_UNDELIVERED_SECONDS });
  return seconds >= minAgeSeconds
    ? seconds
    : refuse(
        path,
        value,
        `it must be minAgeSeconds, ${minAgeSeconds}, or more, since the sweep takes no row before; lower that too`,
      );
}

/** Keeps a description within its 1,024 characters. */
const RUNBOOK_URL = /^https?:\/\/[^\s#]{1,200}$/;

/** A mail can follow only a URL. */
const readRunbook = (path: string, value: unknown): string =>
  typeof value === "string" && RUNBOOK_URL.test(value)
    ? value
    : refuse(path, value, "it must be a URL of up to 200 characters, https://..., without the #anchor");
