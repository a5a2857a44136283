import type { Item } from "../../lib/contract/codec/item.ts";
import { keyText, type RowKey, type RowRef } from "../../lib/contract/event.ts";
import { itemOf } from "../aws/fixtures.ts";
import type { TableEngine } from "./engines/engine.ts";

export const unordered = (id: string): Item => itemOf({ id });
export const ordered = (key: string, sequence: number, id: string): Item => itemOf({ id, order: { key, sequence } });

export const refOf = (item: Item): RowRef => ({
  pk: item["pk"]?.S ?? "",
  sk: item["sk"]?.N ?? "",
  id: item["id"]?.S ?? "",
});

/** `count` unordered events. */
export const unorderedRows = (count: number): readonly Item[] =>
  Array.from({ length: count }, (_unused, index) => unordered(`event-${index}`));

export const putAll = async ({ put }: TableEngine, items: readonly Item[]): Promise<void> => {
  await Promise.all(items.map((item) => put(item)));
};

export const textsOf = (rows: readonly { readonly key: RowKey }[]): readonly string[] =>
  rows.map(({ key }) => keyText(key)).sort();
export const sortedTexts = (keys: readonly RowKey[]): readonly string[] => keys.map(keyText).sort();
