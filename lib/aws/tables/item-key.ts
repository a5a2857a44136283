import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { RowKey } from "../../contract/event.ts";

/** A row's key as DynamoDB takes it. */
export type ItemKey = Record<string, AttributeValue>;

export const itemKey = ({ pk, sk }: RowKey): ItemKey => ({ pk: { S: pk }, sk: { N: sk } });
export const rowKeyOf = (key: ItemKey): RowKey => ({ pk: key["pk"]?.S ?? "", sk: key["sk"]?.N ?? "" });
/** Where a scan goes on; nothing at its end. */
export const nextOf = (key: ItemKey | undefined) => (key === undefined ? {} : { next: rowKeyOf(key) });
