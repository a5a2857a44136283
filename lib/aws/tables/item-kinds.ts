import { EVENT_ATTRIBUTES, KIND_ATTRIBUTES } from "../../contract/codec/item-kind.ts";
import { LEASE_PREFIX, PARKED_KEY, PARKED_KEY_SORT_KEY } from "../../contract/item-contract.ts";

const placeholder = (name: string) => (name === PARKED_KEY.version ? "#version" : `#${name}`);

/** `kindOfItem` as a DynamoDB expression. DynamoDB reserves some of these names, so expressions use placeholders. */
export const KIND_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  KIND_ATTRIBUTES.map((name) => [placeholder(name), name]),
);

const joined = (operator: string, test: string) =>
  EVENT_ATTRIBUTES.map((name) => `${test}(#${name})`).join(` ${operator} `);

/** At sort key 0: the item is a parked-key record. */
export const IS_RECORD = `attribute_exists(#version) AND ${joined("AND", "attribute_not_exists")}`;
/** At sort key 0: the item is the record, or there is none and one may be put. */
export const RECORD_OR_FREE = `(attribute_not_exists(pk) OR (${IS_RECORD}))`;

/** Everything that is a row. */
export const ROWS = {
  FilterExpression: `(sk <> :zero OR (NOT begins_with(pk, :lease) AND (attribute_not_exists(#version) OR ${joined("OR", "attribute_exists")})))`,
  ExpressionAttributeNames: KIND_NAMES,
  ExpressionAttributeValues: { ":zero": { N: PARKED_KEY_SORT_KEY }, ":lease": { S: LEASE_PREFIX } },
};
