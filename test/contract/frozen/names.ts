import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeItem } from "../../../lib/contract/codec/encode-row.ts";
import { type DeadLetter, deadLetterText, reasonOf } from "../../../lib/contract/dead-letter.ts";
import { ENVIRONMENT } from "../../../lib/contract/deployment/environment.ts";
import { TARGET_KINDS } from "../../../lib/contract/deployment/target-kind.ts";
import { FAILURE_CLASSES, FAILURE_KINDS, FAILURE_SCOPES } from "../../../lib/contract/failure.ts";
import {
  leaseKeyOf,
  MARKS,
  PARKED_KEY,
  PARKED_KEY_SORT_KEY,
  PARTITION_KEY,
  SORT_KEY,
} from "../../../lib/contract/item-contract.ts";
import { LOG_MESSAGES } from "../../../lib/contract/telemetry/log-messages.ts";
import {
  DIMENSIONS,
  METRICS,
  type MetricDefinition,
  OTHER_VALUE,
  RELAY_DIMENSION,
} from "../../../lib/contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../../../lib/contract/telemetry/namespace.ts";
import { asideItem } from "../../../lib/operator/aws/aside-item.ts";
import { EXIT, exitCodeOf } from "../../../lib/operator/cli/exit-code.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const entries = (what: string, record: object) =>
  Object.entries(record).map(([name, value]) => `${what} ${name} = ${JSON.stringify(value)}`);

/** The attributes of each kind of item in a table. */
export function attributeLines(): readonly string[] {
  const { properties } = JSON.parse(readFileSync(join(ROOT, "schema", "outbox-item.schema.json"), "utf8"));
  const written = encodeItem({
    ...{ id: "e1", source: "/s", type: "t", time: "2026-01-01T00:00:00Z", recordedtime: "2026-01-01T00:00:00Z" },
    ...{ data: { a: 1 }, order: { key: "k", sequence: 7 } },
  });
  const aside = asideItem({
    ...{ entryId: "2026#e1", place: "quarantined", key: { pk: "k", sk: "7" }, id: "e1", type: "t", actId: "a1" },
    ...{ atMs: 1, who: "w", why: "y", reason: "r", ordered: true, parkedKeyVersion: 3, item: { pk: { S: "k" } } },
  });
  return [
    `attribute key ${PARTITION_KEY} ${SORT_KEY}`,
    ...Object.keys(properties).map((name) => `attribute of the schema ${name}`),
    ...entries("attribute written", written),
    ...Object.values(MARKS).map((name) => `attribute of a marked row ${name}`),
    ...[PARKED_KEY_SORT_KEY].map((sk) => `attribute sk of a parked key's record ${sk}`),
    ...Object.values(PARKED_KEY).map((name) => `attribute of a parked key's record ${name}`),
    ...entries("attribute of a lease", leaseKeyOf("orders")),
    ...entries("attribute of the journal's event", aside),
  ];
}

const DEAD_LETTER: DeadLetter = {
  key: { pk: "order#42", sk: "7" },
  id: "e1",
  failure: { class: "transient", scope: "target", code: "Down", message: "no answer" },
  attempts: 5,
  firstFailureMs: Date.parse("2026-01-31T12:00:00Z"),
  parkedMs: Date.parse("2026-01-31T12:00:09Z"),
  content: {
    kind: "event",
    event: { pk: "order#42", sk: "7", id: "e1", source: "/s", type: "t", time: "t", json: '{"specversion":"1.0"}' },
  },
};
const MALFORMED: DeadLetter = {
  ...DEAD_LETTER,
  id: undefined,
  content: { kind: "malformed", row: { reason: "no type", json: '{"pk":{"S":"order#42"}}' } } as DeadLetter["content"],
};

export function deadLetterLines(): readonly string[] {
  return [
    `dead-letter whole ${deadLetterText(DEAD_LETTER, 1_000_000)}`,
    `dead-letter pointer ${deadLetterText(DEAD_LETTER, 1)}`,
    `dead-letter malformed row ${deadLetterText(MALFORMED, 1_000_000)}`,
    `dead-letter reason ${reasonOf(DEAD_LETTER.failure)}`,
  ];
}

export function metricLines(): readonly string[] {
  const definitions: readonly (readonly [string, MetricDefinition])[] = Object.entries(METRICS);
  return [
    `metric namespace ${METRICS_NAMESPACE}`,
    `metric dimension of all ${RELAY_DIMENSION}`,
    `metric dimension value of others ${OTHER_VALUE}`,
    ...Object.entries(DIMENSIONS).flatMap(([name, dimension]) =>
      "values" in dimension
        ? dimension.values.map((value) => `metric dimension ${name} = ${value}`)
        : [`metric dimension ${name} at most ${dimension.atMost} values`],
    ),
    ...definitions.map(([name, { unit, dimensions = [] }]) => `metric ${name} ${unit} ${dimensions.join(" ")}`.trim()),
  ];
}

export const failureLines = (): readonly string[] => [
  ...FAILURE_CLASSES.map((name) => `failure class ${name}`),
  ...FAILURE_SCOPES.map((name) => `failure scope ${name}`),
  ...FAILURE_KINDS.map((kind) => `failure kind ${Object.values(kind).join(" ")}`),
  ...new Set(sources().flatMap((text) => codesIn(text).map((code) => `failure code ${code}`))),
];

/** Codes in the sources: `code: "..."`, and the argument of a function that makes a failure of its parts. */
const CODE = /\bcode: "([\w.-]+)"/g;
const MADE = /\b(?:failed|refused|unsigned|uncarriable|tooLong|tooLongText|longerThan)\((?=([^;]{0,200}))/g;
const codesIn = (text: string): readonly string[] => [
  ...[...text.matchAll(CODE)].flatMap(([, code]) => code ?? []),
  ...[...text.matchAll(MADE)].flatMap(([, parts = ""]) => /"([A-Z][a-z]+(?:[A-Z][A-Za-z]*)?)"/.exec(parts)?.[1] ?? []),
];

/** Folders of lib whose code does not run in the functions. */
const NOT_OF_FUNCTIONS =
  /^(local|cloudwatch|cdk|synth|operator|testing|client|consumer)\/|\/(construct|factory|context-settings)\.ts$|\/synth\//;

function sources(): readonly string[] {
  const lib = join(ROOT, "lib");
  return readdirSync(lib, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !NOT_OF_FUNCTIONS.test(path))
    .map((path) => readFileSync(join(lib, path), "utf8"));
}

export const otherLines = (): readonly string[] => [
  ...Object.values(ENVIRONMENT).map((name) => `environment ${name}`),
  ...Object.values(LOG_MESSAGES).map((message) => `log message ${JSON.stringify(message)}`),
  ...TARGET_KINDS.map((kind) => `target kind ${kind}`),
  ...entries("exit code", EXIT),
  ...entries("exit code of an error", exitCodeOf),
];
