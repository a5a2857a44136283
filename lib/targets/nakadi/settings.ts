import {
  readFields,
  readFlag,
  readInteger,
  readList,
  readMatch,
  readOneOf,
} from "../../contract/settings/setting-reader.ts";
import { HTTP_CONNECTION_FIELDS, type ReadSecret, readHttpConnection } from "../shared/http-connection.ts";
import { type AddressRules, readWebAddress } from "../shared/web-address.ts";

/**
 * The shape of an event in Nakadi, beside the `metadata` that each event has:
 * - `business`: a business event whose fields are those of the payload.
 * - `data-change`: a data-change event around the payload, with the row's `dataop` and `datatype`.
 * - `cloudevents`: a business event whose fields are the CloudEvent's own.
 */
export type NakadiShape = "business" | "data-change" | "cloudevents";
const NAKADI_SHAPES: readonly NakadiShape[] = ["business", "data-change", "cloudevents"];

/** Nakadi's own pattern of names. https://github.com/zalando/nakadi/blob/master/docs/_data/nakadi-event-bus-api.yaml */
const EVENT_TYPE = /^[a-zA-Z][-0-9a-zA-Z_]*(\.[0-9a-zA-Z][-0-9a-zA-Z_]*)*$/;

const readEventType = (path: string, value: unknown): string =>
  readMatch(path, value, EVENT_TYPE, "it must be the name of an event type, such as shop.order-placed");

/** All fields except `kind`, which a function of `OutboxTarget` gives itself. */
export const NAKADI_FIELDS = [
  "url",
  "eventType",
  "alsoTo",
  "events",
  "partitions",
  "compacted",
  ...HTTP_CONNECTION_FIELDS,
] as const;

/**
 * Reads the settings of a Nakadi event type.
 *
 * @throws SettingError naming the setting, the value and what is allowed.
 */
export function readNakadiTarget<Secret>(
  path: string,
  value: unknown,
  readSecret: ReadSecret<Secret>,
  isUnresolvedToken: AddressRules["isUnresolvedToken"] = () => false,
) {
  const given = readFields(path, value, ["kind", ...NAKADI_FIELDS]);
  readOneOf(`${path}.kind`, given.kind, ["nakadi"]);
  const connection = readHttpConnection(path, given, readSecret, { isUnresolvedToken });
  return {
    ...connection,
    url: readWebAddress(`${path}.url`, given.url, { allowInsecure: connection.allowInsecure, isUnresolvedToken }),
    eventType: readEventType(`${path}.eventType`, given.eventType),
    alsoTo: readList(`${path}.alsoTo`, given.alsoTo, readEventType),
    events: readOneOf(`${path}.events`, given.events ?? "business", NAKADI_SHAPES),
    compacted: readFlag(`${path}.compacted`, given.compacted ?? false),
    ...(given.partitions === undefined
      ? {}
      : { partitions: readInteger(`${path}.partitions`, given.partitions, { min: 1, max: 1_000 }) }),
  };
}
