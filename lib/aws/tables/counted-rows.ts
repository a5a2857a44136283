import type { ScanCommandInput } from "@aws-sdk/client-dynamodb";
import { type EventTypes, patternOf } from "../../contract/settings/event-types.ts";
import { ROWS } from "./item-kinds.ts";

type Filter = Pick<ScanCommandInput, "FilterExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues">;

/** The rows that count as undelivered, as DynamoDB's filter: events and malformed rows, of this relay's types only. */
export function countedRows(eventTypes: EventTypes | undefined): Filter {
  if (eventTypes === undefined) return ROWS;
  const patterns = ("only" in eventTypes ? eventTypes.only : eventTypes.except).map(patternOf);
  const listed = patterns.map((pattern, index) =>
    "type" in pattern ? `#type = :type${index}` : `begins_with(#type, :type${index})`,
  );
  const values = patterns.map((pattern, index) => [
    `:type${index}`,
    { S: "type" in pattern ? pattern.type : pattern.prefix },
  ]);
  return {
    FilterExpression: `${ROWS.FilterExpression} AND ${"only" in eventTypes ? "" : "NOT "}(${listed.join(" OR ")})`,
    ExpressionAttributeNames: ROWS.ExpressionAttributeNames,
    ExpressionAttributeValues: {
      ...ROWS.ExpressionAttributeValues,
      ...Object.fromEntries(values),
    },
  };
}
