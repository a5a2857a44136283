/**
 * The effective schemas of Nakadi's event categories, as its API description has them under EventMetadata, BusinessEvent and
 * DataChangeEvent, with a message for each violation like those of its validator.
 * https://github.com/zalando/nakadi/blob/master/docs/_data/nakadi-event-bus-api.yaml
 */
export interface EventType {
  readonly name: string;
  readonly category: "business" | "data";
  /** @default "random" */
  readonly partition_strategy?: "random" | "hash" | "user_defined";
  /** For the strategy `hash`. The fields of a data-change event are below `data`. */
  readonly partition_key_fields?: readonly string[];
  /** @default "delete" */
  readonly cleanup_policy?: "delete" | "compact";
  /** The schema of the custom part: the top level of a business event, `data` of a data-change event. */
  readonly schema?: {
    readonly required?: readonly string[];
    readonly properties?: Readonly<Record<string, { type: string }>>;
  };
}

export type Json = Readonly<Record<string, unknown>>;

const UUID = /^[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$/;
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** What is wrong with an event of a type; undefined if nothing is. */
export function violation(event: unknown, type: EventType): string | undefined {
  if (!isObject(event)) return "#: expected type: JSONObject";
  return metadataViolation(event["metadata"], type) ?? contentViolation(event, type);
}

function metadataViolation(metadata: unknown, { name, cleanup_policy }: EventType): string | undefined {
  if (!isObject(metadata)) return "#: required key [metadata] not found";
  const allowed = new Set(["eid", "event_type", "occurred_at", "parent_eids", "flow_id", "partition", "span_ctx"]);
  const required = ["eid", "occurred_at"];
  if (cleanup_policy === "compact") {
    allowed.add("partition_compaction_key");
    required.push("partition_compaction_key");
  }
  for (const key of required) {
    if (metadata[key] === undefined) return `#/metadata: required key [${key}] not found`;
  }
  for (const [key, value] of Object.entries(metadata)) {
    if (!allowed.has(key)) return `#/metadata: extraneous key [${key}] is not permitted`;
    if (key !== "span_ctx" && key !== "parent_eids" && typeof value !== "string") {
      return `#/metadata/${key}: expected type: String`;
    }
  }
  const { eid, event_type: eventType = name, occurred_at: occurredAt, span_ctx: context = {} } = metadata;
  if (!UUID.test(String(eid))) return `#/metadata/eid: string [${eid}] does not match pattern ${UUID.source}`;
  if (eventType !== name) return `#/metadata/event_type: ${eventType} is not a valid enum value`;
  if (!RFC_3339.test(String(occurredAt))) return `#/metadata/occurred_at: [${occurredAt}] is not a valid date-time`;
  if (!isObject(context) || Object.values(context).some((value) => typeof value !== "string")) {
    return "#/metadata/span_ctx: expected type: String";
  }
  return undefined;
}

function contentViolation(event: Json, { category, schema = {} }: EventType): string | undefined {
  if (category === "business") return customViolation(event, schema, "#");
  const { data_type: dataType, data_op: operation, data, metadata: _metadata, ...others } = event;
  const [extraneous] = Object.keys(others);
  if (extraneous !== undefined) return `#: extraneous key [${extraneous}] is not permitted`;
  if (typeof dataType !== "string") return "#: required key [data_type] not found";
  if (!["C", "U", "D", "S"].includes(String(operation))) return `#/data_op: ${operation} is not a valid enum value`;
  return isObject(data) ? customViolation(data, schema, "#/data") : "#/data: expected type: JSONObject";
}

function customViolation(
  value: Json,
  { required = [], properties = {} }: NonNullable<EventType["schema"]>,
  at: string,
) {
  const missing = required.find((key) => value[key] === undefined);
  if (missing !== undefined) return `${at}: required key [${missing}] not found`;
  for (const [key, { type }] of Object.entries(properties)) {
    const given = value[key];
    if (given !== undefined && typeof given !== type) return `${at}/${key}: expected ${type}, found [${given}]`;
  }
  return undefined;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
