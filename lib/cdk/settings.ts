import type { Node } from "constructs";
import { type AuditSettings, readAuditSettings } from "../contract/settings/audit-settings.ts";
import { readFields, readFlag, readMatch, readText, refuse } from "../contract/settings/setting-reader.ts";
import { readKeyOf } from "../synth/key-setting.ts";
import {
  type ArchiveSetting,
  type NamedBucket,
  readNamedArchive,
  requireArchiveFor,
} from "./archive/archive-setting.ts";
import { isForEmulator } from "./local-settings.ts";
import { RELAY_SETTING_NAMES, type RelaySettings, readRelaySettings } from "./relay-settings.ts";
import { readTargetSettings, type TargetSettings } from "./targets/context-settings.ts";

/** The key of the CDK context that holds every setting, in cdk.json or given by `-c outboxRelay='{ ... }'`. */
const CONTEXT_KEY = "outboxRelay";

/** All settings of the app. */
export interface AppSettings {
  readonly relay: RelaySettings;
  /** Where events go. @default an EventBridge bus that the stack makes */
  readonly target: TargetSettings;
  /** An existing outbox table. @default the stack makes one */
  readonly table?: ExistingTableSettings;
  /** Makes a table of counters for writers. @default false */
  readonly counterTable: boolean;
  /** Keeps what was met and acknowledged: see the construct's `archive`. @default none */
  readonly archive?: ArchiveSetting<NamedBucket>;
  /** Runs the audit on a schedule: see the construct's `audit`. @default none */
  readonly audit?: AuditSettings;
  /** The SNS topic that alarms report to. @default none */
  readonly alarmTopicArn?: string;
  /** The SNS topic that wakes somebody: see the construct's `pageTopic`. @default none */
  readonly pageTopicArn?: string;
}

export interface ExistingTableSettings {
  readonly arn: string;
  readonly streamArn: string;
  /** The table's customer-managed key. @default DynamoDB's or AWS's own */
  readonly keyArn?: string;
}

/** The two settings that name a topic for alarms. */
const TOPIC_SETTING_NAMES = ["alarmTopicArn", "pageTopicArn"] as const;
const SETTING_NAMES = [
  "target",
  "table",
  "counterTable",
  "archive",
  "audit",
  ...TOPIC_SETTING_NAMES,
  ...RELAY_SETTING_NAMES,
] as const;

/**
 * Reads the settings out of the CDK context of an app.
 *
 * @throws SettingError naming the setting, the value and what is allowed.
 */
export function readContextSettings(node: Node): AppSettings {
  for (const [key, value] of Object.entries<unknown>(node.getAllContext())) {
    if (key.startsWith(`${CONTEXT_KEY}.`)) {
      // The CDK would take this for another context key, which nothing reads.
      refuse(key, value, `give all settings as one JSON string, for example -c ${CONTEXT_KEY}='{"batchSize":100}'`);
    }
  }
  return readAppSettings(node.tryGetContext(CONTEXT_KEY), isForEmulator(node));
}

/** {@link readContextSettings} for a given value: an object, a JSON string, or undefined for all defaults. */
export function readAppSettings(context: unknown, isLocal = false): AppSettings {
  const given = readFields<(typeof SETTING_NAMES)[number]>(CONTEXT_KEY, parseContext(context), SETTING_NAMES);
  const {
    target,
    table,
    counterTable,
    archive: givenArchive,
    audit: givenAudit,
    alarmTopicArn,
    pageTopicArn,
    ...relay
  } = given;
  const topics = { alarmTopicArn, pageTopicArn };
  const archive = givenArchive === undefined ? undefined : readNamedArchive(`${CONTEXT_KEY}.archive`, givenArchive);
  const audit = givenAudit === undefined ? undefined : readAuditSettings(`${CONTEXT_KEY}.audit`, givenAudit);
  if (audit !== undefined) requireArchiveFor(`${CONTEXT_KEY}.audit`, givenAudit, audit, archive);
  return {
    relay: readRelaySettings(CONTEXT_KEY, relay, isLocal),
    target: readTargetSettings(`${CONTEXT_KEY}.target`, target ?? { kind: "eventbridge" }),
    counterTable: readFlag(`${CONTEXT_KEY}.counterTable`, counterTable ?? false),
    ...(table === undefined ? {} : { table: readTable(`${CONTEXT_KEY}.table`, table) }),
    ...(archive === undefined ? {} : { archive }),
    ...(audit === undefined ? {} : { audit }),
    ...Object.fromEntries(
      TOPIC_SETTING_NAMES.flatMap((name) =>
        topics[name] === undefined ? [] : [[name, readTopicArn(`${CONTEXT_KEY}.${name}`, topics[name])]],
      ),
    ),
  };
}

/** `-c outboxRelay=...` arrives as a string, cdk.json as an object. */
function parseContext(context: unknown): unknown {
  if (typeof context !== "string") {
    return context ?? {};
  }
  try {
    return JSON.parse(context);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return refuse(CONTEXT_KEY, context, `it is not valid JSON (${reason}); give for example '{"batchSize":100}'`);
  }
}

const TABLE_ARN = /^arn:[\w-]+:dynamodb:[\w-]+:\d{12}:table\/[\w.-]{3,255}$/;
// CloudWatch reports only to standard topics, so a name that ends in .fifo does not match.
const TOPIC_ARN = /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]{1,256}$/;

const STREAM_HELP =
  "it must be an object { arn, streamArn }, since the CDK cannot look the stream of an existing table up; see " +
  "`aws dynamodb describe-table --table-name <name> --query 'Table.[TableArn,LatestStreamArn]'`";

function readTable(path: string, value: unknown): ExistingTableSettings {
  if (typeof value === "string") {
    return refuse(path, value, STREAM_HELP);
  }
  const given = readFields(path, value, ["arn", "streamArn", "keyArn"]);
  const arn = readMatch(
    `${path}.arn`,
    given.arn,
    TABLE_ARN,
    "it must be the ARN of a table, arn:<partition>:dynamodb:<region>:<account>:table/<name>",
  );
  const streamArn = readText(`${path}.streamArn`, given.streamArn, STREAM_HELP);
  return streamArn.startsWith(`${arn}/stream/`)
    ? { arn, streamArn, ...readKeyOf(path, given.keyArn) }
    : refuse(`${path}.streamArn`, streamArn, `it must be the ARN of a stream of that table, ${arn}/stream/<label>`);
}

function readTopicArn(path: string, value: unknown): string {
  return readMatch(
    path,
    value,
    TOPIC_ARN,
    "it must be the ARN of a standard topic, arn:<partition>:sns:<region>:<account>:<name>",
  );
}
