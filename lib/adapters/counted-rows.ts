import type { ScanCommandInput } from "@aws-sdk/client-dynamodb";
import { FIRST_SEQUENCE, RESERVED_PREFIX } from "../core/contract.ts";
import { type EventTypes, patternOf } from "../core/event-types.ts";

type Filter = Pick<ScanCommandInput, "FilterExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues">;

const EVENTS = {
  FilterExpression: "sk >= :first AND NOT begins_with(pk, :reserved)",
  ExpressionAttributeValues: { ":first": { N: String(FIRST_SEQUENCE) }, ":reserved": { S: RESERVED_PREFIX } },
};

/** The rows that count as undelivered, as DynamoDB's filter: events and malformed rows, of this relay's types alone. */
export function countedRows(eventTypes: EventTypes | undefined): Filter {
  if (eventTypes === undefined) return EVENTS;
  const patterns = ("only" in eventTypes ? eventTypes.only : eventTypes.except).map(patternOf);
  const listed = patterns.map((pattern, index) =>
    "type" in pattern ? `#type = :type${index}` : `begins_with(#type, :type${index})`,
  );
  const values = patterns.map((pattern, index) => [
    `:type${index}`,
    { S: "type" in pattern ? pattern.type : pattern.prefix },
  ]);
  return {
    FilterExpression: `${EVENTS.FilterExpression} AND ${"only" in eventTypes ? "" : "NOT "}(${listed.join(" OR ")})`,
    ExpressionAttributeNames: { "#type": "type" },
    ExpressionAttributeValues: {
      ...EVENTS.ExpressionAttributeValues,
      ...Object.fromEntries(values),
    },
  };
}
