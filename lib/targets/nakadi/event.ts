import { createHash } from "node:crypto";
import { binaryMode, dataJson } from "../../contract/codec/binary-mode.ts";
import { readPlainTraceparent } from "../../contract/codec/traceparent.ts";
import type { OutboxEvent } from "../../contract/event.ts";
import type { PublishResult } from "../../core/ports.ts";
import { uncarriable } from "../shared/run/carriable.ts";
import type { NakadiShape } from "./settings.ts";

export interface NakadiShaping {
  readonly events: NakadiShape;
  /** Partitions of an event type whose strategy is `user_defined`: each event must then name its own. */
  readonly partitions?: number;
  /** The event type is compacted: each event must then have a key. */
  readonly compacted: boolean;
}

export type NakadiEvent =
  | { readonly kind: "event"; readonly eid: string; readonly text: string }
  /** Nakadi has no place for the event. */
  | { readonly kind: "unfit"; readonly reason: string };

export function nakadiEvent(event: OutboxEvent, shaping: NakadiShaping): NakadiEvent {
  const content = contentOf(event, shaping.events);
  if (content.kind === "unfit") return content;
  const metadata = metadataOf(event, shaping);
  // The content is an object, and its text stays as the writer gave it: the metadata is inserted at its beginning.
  const rest = content.text.slice(1).trimStart();
  const comma = rest.startsWith("}") ? "" : ",";
  return { kind: "event", eid: metadata.eid, text: `{"metadata":${JSON.stringify(metadata)}${comma}${rest}` };
}

/** The result of an event for which Nakadi has no place. Undefined where it has one. */
export const unfitEvent = (event: NakadiEvent): PublishResult | undefined =>
  event.kind === "unfit" ? uncarriable("NotANakadiEvent", event.reason) : undefined;

/**
 * https://github.com/zalando/nakadi/blob/master/docs/_data/nakadi-event-bus-api.yaml (EventMetadata)
 *
 * Nakadi refuses members that are not in its schema, so partition keys can only stand in the payload.
 */
function metadataOf(event: OutboxEvent, { partitions, compacted }: NakadiShaping) {
  const { id, time, traceparent } = event;
  const key = event.orderingKey ?? id;
  const trace = readPlainTraceparent(traceparent ?? "");
  return {
    eid: eidOf(id),
    occurred_at: time,
    ...(trace === undefined ? {} : { flow_id: trace.traceId, span_ctx: { traceparent } }),
    ...(partitions === undefined ? {} : { partition: String(partitionOf(key, partitions)) }),
    ...(compacted ? { partition_compaction_key: key } : {}),
  };
}

const partitionOf = (key: string, partitions: number): number =>
  createHash("sha256").update(key).digest().readUInt32BE(0) % partitions;

type Content = { readonly kind: "object"; readonly text: string } | Extract<NakadiEvent, { readonly kind: "unfit" }>;

const unfit = (reason: string): Content => ({ kind: "unfit", reason });

function contentOf(event: OutboxEvent, shape: NakadiShape): Content {
  switch (shape) {
    case "cloudevents":
      return freeOfMetadata(event.json, "an extension attribute");
    case "business": {
      const data = dataJson(event)?.trimStart();
      return data?.startsWith("{")
        ? freeOfMetadata(data, "a field of data")
        : unfit("a business event is a JSON object, and data is none");
    }
    case "data-change":
      return dataChange(event);
  }
}

function freeOfMetadata(text: string, where: string): Content {
  return text.includes('"metadata"') && "metadata" in JSON.parse(text)
    ? unfit(`${where} is named metadata, which is Nakadi's own`)
    : { kind: "object", text };
}

/** Creation, update, deletion and snapshot. */
const OPERATIONS = new Set(["C", "U", "D", "S"]);

function dataChange(event: OutboxEvent): Content {
  const data = dataJson(event);
  const { dataop, datatype = event.type } = binaryMode(event).attributes;
  if (data === undefined || !data.trimStart().startsWith("{")) {
    return unfit("a data-change event is about a JSON object, and data is none");
  }
  if (!OPERATIONS.has(String(dataop))) {
    return unfit("a data-change event needs the attribute dataop: C, U, D or S");
  }
  const head = JSON.stringify({ data_type: String(datatype), data_op: dataop });
  return { kind: "object", text: `${head.slice(0, -1)},"data":${data}}` };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/**
 * The namespace of event ids that are not UUIDs: made from that of URLs and `dynamodb-outbox-relay`. It must never
 * change: an event's eid depends on it.
 */
const EID_NAMESPACE = "aca300c4-97f0-5f6f-8947-0a22a86a7e58";

/** Nakadi takes only UUIDs. Any other id becomes a version 5 UUID, the same in every attempt. */
const eidOf = (id: string): string => (UUID.test(id) ? id : uuidV5(EID_NAMESPACE, id));

/** A UUID made of a name. https://www.rfc-editor.org/rfc/rfc9562.html#name-uuid-version-5 */
function uuidV5(namespace: string, name: string): string {
  const hash = createHash("sha1")
    .update(Buffer.from(namespace.replaceAll("-", ""), "hex"))
    .update(name)
    .digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
