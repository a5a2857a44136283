/**
 * What others wrote, in a message, an answer or a line, is looked at by its type, and never converted. `Number(value)`,
 * `String(value)` and a template ask the value's own `toString` and `valueOf`, which JSON may hold as numbers, and null
 * cannot be taken apart: each of them throws, and takes along what stands beside the value.
 */
export type Fields = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The fields of an object. Anything else has none. */
export const fieldsOf = (value: unknown): Fields => (isRecord(value) ? value : {});

/** The entries of a list. Anything else has none. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A string that says something: undefined for an empty one, and for anything else. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** JSON's `1e999` is read as infinite, which is undefined here, as is anything but a number. */
export const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

/** The value of a JSON text. Undefined for a text that is not JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An entry of a table, by a name that others gave: `constructor` is a name like any other. */
export const entryNamed = <Entry>(table: Readonly<Record<string, Entry>>, name: string): Entry | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
