import { EVENT_ATTRIBUTES } from "../core/codec/item-kind.ts";
import { GATE_SORT_KEY, LEASE_PREFIX } from "../core/contract.ts";

/** `kindOfItem` in DynamoDB's words. DynamoDB reserves some of these names, so expressions use placeholders. */
export const EVENT_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  EVENT_ATTRIBUTES.map((name) => [`#${name}`, name]),
);

const joined = (operator: string, test: string) =>
  EVENT_ATTRIBUTES.map((name) => `${test}(#${name})`).join(` ${operator} `);

/** Nothing of an event stands there: at sort key 0, the record of a parked key or no item. */
export const NO_EVENT = joined("AND", "attribute_not_exists");

/** Everything that is a row. */
export const ROWS = {
  FilterExpression: `(sk <> :zero OR (NOT begins_with(pk, :lease) AND (${joined("OR", "attribute_exists")})))`,
  ExpressionAttributeNames: EVENT_NAMES,
  ExpressionAttributeValues: { ":zero": { N: GATE_SORT_KEY }, ":lease": { S: LEASE_PREFIX } },
};
