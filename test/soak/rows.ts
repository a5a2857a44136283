import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** Where an event of the soak stands in its ordering key; unordered events have no place. */
export interface Place {
  readonly key: string;
  readonly sequence: number;
}

const KEY_PREFIX = "key-";

export const keyNamed = (number: number): string => `${KEY_PREFIX}${number}`;
export const idAt = ({ key, sequence }: Place): string => `${key}/${sequence}`;

/** The event that a row's keys stand for; undefined for the relay's own items. */
export function idOfKeys(pk: string | undefined, sk: string | undefined): string | undefined {
  if (pk === undefined || sk === undefined || pk.startsWith("_") || sk === "0") return undefined;
  return pk.startsWith(KEY_PREFIX) ? `${pk}/${sk}` : pk;
}

export const idOfItem = (item: Readonly<Record<string, AttributeValue>>): string | undefined =>
  idOfKeys(item["pk"]?.S, item["sk"]?.N);
