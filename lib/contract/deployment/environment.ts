import { readWindowHours } from "../settings/audit-settings.ts";
import {
  type Readers,
  readAll,
  readFlag,
  readKnown,
  readList,
  readText,
  SettingError,
} from "../settings/setting-reader.ts";
import { type DeliverySettings, readDeliverySettings } from "../settings/settings.ts";
import { shownValue } from "../shown-value.ts";

/** The environment variables of the functions. The construct sets them; only this file has their names. */
export const ENVIRONMENT = {
  tableName: "OUTBOX_TABLE_NAME",
  deadLetterQueueUrl: "DEAD_LETTER_QUEUE_URL",
  settings: "OUTBOX_RELAY_SETTINGS",
  target: "OUTBOX_RELAY_TARGET",
  relayName: "POWERTOOLS_SERVICE_NAME",
  metrics: "OUTBOX_RELAY_METRICS",
  archive: "OUTBOX_RELAY_ARCHIVE",
  audit: "OUTBOX_RELAY_AUDIT",
} as const;

export interface FunctionConfig {
  readonly tableName: string;
  readonly deadLetterQueueUrl: string;
  readonly relayName: string;
  readonly settings: DeliverySettings;
  /** Names of settings that this version does not know and ignores. */
  readonly unknownSettings: readonly string[];
  /** JSON that the chosen target's publisher understands. */
  readonly target: unknown;
  /** The names of the metrics to publish. Absent: all. */
  readonly publishedMetrics?: ReadonlySet<string>;
  /** Where receipts are kept. Absent: nowhere. */
  readonly archive?: ArchiveConfig;
}

/** The archive, as the functions are told of it. */
export interface ArchiveConfig {
  /** The bucket's name. */
  readonly bucket: string;
  /** Whether receipts hold their events whole. */
  readonly payload: boolean;
  /** The name of the journal's table, where hours with missing lines are noted. */
  readonly journal: string;
}

/** What the function that audits on a schedule is told: nothing of the target, to which it publishes nothing. */
export interface AuditFunctionConfig
  extends Pick<FunctionConfig, "tableName" | "relayName" | "settings" | "unknownSettings" | "publishedMetrics"> {
  readonly archive: ArchiveConfig;
  readonly audit: AuditWindowConfig;
}

export interface AuditWindowConfig {
  /** How much of the time before a run it audits. */
  readonly windowHours: number;
}

const AUDIT_READERS: Readers<AuditWindowConfig> = { windowHours: readWindowHours };

const ARCHIVE_READERS: Readers<ArchiveConfig> = {
  bucket: readText,
  payload: readFlag,
  journal: readText,
};

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads a function's configuration once, at start-up. The configuration may be of another version than the code, during
 * a deployment or after a change by hand, so an unknown setting does not stop delivery.
 *
 * @throws SettingError naming the variable, its value and the fix.
 */
export function readEnvironment(variables: Variables): FunctionConfig {
  const archive = readArchive(variables);
  const { unknownSettings, ...shared } = readShared(variables);
  return {
    ...shared,
    deadLetterQueueUrl: required(variables, ENVIRONMENT.deadLetterQueueUrl),
    unknownSettings: [...unknownSettings, ...(archive?.unknown ?? [])],
    target: json(variables, ENVIRONMENT.target),
    ...(archive === undefined ? {} : { archive: archive.read }),
  };
}

/** {@link readEnvironment} for the function that audits on a schedule. */
export function readAuditEnvironment(variables: Variables): AuditFunctionConfig {
  const { unknownSettings, ...shared } = readShared(variables);
  const archive = archiveIn(variables);
  const audit = readKnown(json(variables, ENVIRONMENT.audit), (value) =>
    readAll(ENVIRONMENT.audit, value, AUDIT_READERS, ["windowHours"]),
  );
  return {
    ...shared,
    archive: archive.read,
    audit: audit.read,
    unknownSettings: [...unknownSettings, ...archive.unknown, ...audit.unknown],
  };
}

/** What all functions are told. */
function readShared(variables: Variables): Omit<AuditFunctionConfig, "archive" | "audit"> {
  const memoryMb = Number(variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] ?? 1024);
  const delivery = readKnown(json(variables, ENVIRONMENT.settings), (value) =>
    readDeliverySettings(ENVIRONMENT.settings, value, memoryMb),
  );
  return {
    tableName: required(variables, ENVIRONMENT.tableName),
    relayName: required(variables, ENVIRONMENT.relayName),
    settings: delivery.read,
    unknownSettings: delivery.unknown,
    ...(variables[ENVIRONMENT.metrics] === undefined
      ? {}
      : {
          publishedMetrics: new Set(readList(ENVIRONMENT.metrics, json(variables, ENVIRONMENT.metrics), readText)),
        }),
  };
}

const readArchive = (variables: Variables) =>
  variables[ENVIRONMENT.archive] === undefined ? undefined : archiveIn(variables);

const archiveIn = (variables: Variables) =>
  readKnown(json(variables, ENVIRONMENT.archive), (value) =>
    readAll(ENVIRONMENT.archive, value, ARCHIVE_READERS, ["bucket", "payload", "journal"]),
  );

const FIX = "deploy the function with the OutboxRelay construct, which sets it";

function required(variables: Variables, name: string): string {
  const value = variables[name];
  if (value === undefined || value === "") {
    throw new SettingError(`The environment variable ${name} is ${value === "" ? "empty" : "not set"}: ${FIX}.`);
  }
  return value;
}

function json(variables: Variables, name: string): unknown {
  const text = required(variables, name);
  try {
    return JSON.parse(text);
  } catch {
    throw new SettingError(`The environment variable ${name} is ${shownValue(name, text)}, which is not JSON: ${FIX}.`);
  }
}
