import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import type { Item } from "../../lib/contract/codec/item.ts";

interface Vectors {
  readonly valid: readonly { readonly name: string; readonly item: Item; readonly event: object }[];
  /** Rows that are delivered although the schema refuses them. */
  readonly carried: Vectors["valid"];
  readonly invalid: readonly {
    readonly name: string;
    readonly item: Item;
    readonly reason: string;
    /** Whether the schema refuses the row too. */
    readonly schema: boolean;
  }[];
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../schema/${name}`, import.meta.url), "utf8"));
const { valid, carried, invalid }: Vectors = read("golden-vectors.json");
const isValid = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(
  read("outbox-item.schema.json"),
);

function contentOf(item: Item) {
  const decoded = decodeItem(item);
  if (decoded.kind === "reserved") throw new Error("reserved");
  return decoded.row.content;
}

describe("the golden vectors", () => {
  it.each(valid)("have an event for $name", ({ item, event }) => {
    const content = contentOf(item);
    expect(content).toMatchObject({ kind: "event" });
    expect(content.kind === "event" && JSON.parse(content.event.json)).toEqual(event);
    expect(isValid(item), JSON.stringify(isValid.errors)).toBe(true);
  });

  it.each(carried)("have an event for $name, which the schema refuses", ({ item, event }) => {
    const content = contentOf(item);
    expect(content.kind === "event" && JSON.parse(content.event.json)).toEqual(event);
    expect(isValid(item)).toBe(false);
  });

  it.each(invalid)("have a reason against $name", ({ item, reason, schema }) => {
    const content = contentOf(item);
    expect(content.kind === "malformed" && content.row.reason.slice(0, reason.length)).toBe(reason);
    expect(isValid(item)).toBe(!schema);
  });

  it("have ids of their own, so that all can be written to one table", () => {
    const keys = valid.map(({ item }) => `${item["sk"]?.N}/${item["pk"]?.S}`);
    expect(new Set(keys).size).toBe(valid.length);
    expect(new Set(valid.map(({ item }) => item["id"]?.S)).size).toBe(valid.length);
  });
});
