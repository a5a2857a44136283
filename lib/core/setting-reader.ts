/**
 * Reads settings out of untyped JSON. Every refusal names the setting, the value received and what is allowed.
 */

/** A setting that cannot be used. The message is written for the person who typed it. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

/** JSON has no NaN or Infinity, and would show them as null. */
const shown = (value: unknown): string =>
  typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));

export function refuse(path: string, value: unknown, allowed: string): never {
  throw new SettingError(`${path} is ${shown(value)}: ${allowed}.`);
}

export type Fields<Name extends string> = { readonly [Key in Name]?: unknown };

/** Takes an object apart, refusing anything but the named fields. */
export function readFields<Name extends string>(path: string, value: unknown, names: readonly Name[]): Fields<Name> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(path, value, `it must be an object with ${names.join(", ")}`);
  }
  for (const [name, given] of Object.entries(value)) {
    if (!names.some((known) => known === name)) {
      return refuse(`${path}.${name}`, given, `there is no such setting; the settings here are ${names.join(", ")}`);
    }
  }
  return value as Fields<Name>;
}

export interface IntegerRange {
  readonly min: number;
  readonly max: number;
  /** Why the range is what it is, where it is not obvious. */
  readonly because?: string;
}

export function readInteger(path: string, value: unknown, range: IntegerRange): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= range.min && value <= range.max) {
    return value;
  }
  const because = range.because === undefined ? "" : ` (${range.because})`;
  return refuse(path, value, `it must be an integer from ${range.min} to ${range.max}${because}`);
}

export function readOneOf<Choice extends string>(path: string, value: unknown, choices: readonly Choice[]): Choice {
  return choices.find((choice) => choice === value) ?? refuse(path, value, `it must be one of ${choices.join(", ")}`);
}

export function readText(path: string, value: unknown, allowed = "it must be a text that is not empty"): string {
  return typeof value === "string" && value !== "" ? value : refuse(path, value, allowed);
}

export function readFlag(path: string, value: unknown): boolean {
  return typeof value === "boolean" ? value : refuse(path, value, "it must be true or false");
}

export function readMatch(path: string, value: unknown, pattern: RegExp, allowed: string): string {
  return typeof value === "string" && pattern.test(value) ? value : refuse(path, value, allowed);
}

/** Reads a list, entry by entry. Empty where the setting is absent. */
export function readList<Entry>(
  path: string,
  value: unknown,
  readEntry: (path: string, value: unknown) => Entry,
): readonly Entry[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return refuse(path, value, "it must be a list");
  return value.map((entry, index) => readEntry(`${path}[${index}]`, entry));
}
