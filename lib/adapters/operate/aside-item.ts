import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Item } from "../../core/codec/item.ts";
import type { AsideEvent, AsidePlace } from "../../core/operate/act.ts";

/**
 * How a set-aside event stands in the journal table: under its place (`quarantined` or `discarded`) by the time it was
 * set aside, with its row whole in one attribute, of DynamoDB's own types, so that it comes back as it was.
 */
type Attributes = Record<string, AttributeValue>;

const text = (value: string): AttributeValue => ({ S: value });
const number = (value: number): AttributeValue => ({ N: String(value) });

export const asideKey = ({ place, entryId }: Pick<AsideEvent, "place" | "entryId">): Attributes => ({
  pk: text(place),
  sk: text(sortKey(entryId)),
});

/** A sort key takes 1,024 bytes, and an ordering key, which ends the entry's id, may have twice as many. */
const sortKey = (entryId: string): string => Buffer.from(entryId).subarray(0, 1_000).toString("utf8");

export function asideItem(aside: AsideEvent): Attributes {
  return {
    ...asideKey(aside),
    entryId: text(aside.entryId),
    eventPk: text(aside.key.pk),
    eventSk: { N: aside.key.sk },
    actId: text(aside.actId),
    atMs: number(aside.atMs),
    who: text(aside.who),
    why: text(aside.why),
    ordered: { BOOL: aside.ordered },
    ...(aside.id === undefined ? {} : { eventId: text(aside.id) }),
    ...(aside.type === undefined ? {} : { eventType: text(aside.type) }),
    ...(aside.reason === undefined ? {} : { reason: text(aside.reason) }),
    ...(aside.gateVersion === undefined ? {} : { gateVersion: number(aside.gateVersion) }),
    row: { M: aside.item as Attributes },
  };
}

export function readAsideItem(item: Item): AsideEvent {
  const optional = (name: string, attribute: string) => {
    const value = item[attribute]?.S;
    return value === undefined ? {} : { [name]: value };
  };
  const required = (attribute: string) => item[attribute]?.S ?? "";
  const gateVersion = item["gateVersion"]?.N;
  return {
    entryId: required("entryId"),
    place: required("pk") as AsidePlace,
    key: { pk: required("eventPk"), sk: item["eventSk"]?.N ?? "" },
    actId: required("actId"),
    atMs: Number(item["atMs"]?.N),
    who: required("who"),
    why: required("why"),
    ordered: item["ordered"]?.BOOL === true,
    ...optional("id", "eventId"),
    ...optional("type", "eventType"),
    ...optional("reason", "reason"),
    ...(gateVersion === undefined ? {} : { gateVersion: Number(gateVersion) }),
    item: item["row"]?.M ?? {},
  };
}
