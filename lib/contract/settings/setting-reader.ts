/**
 * Reads settings out of untyped JSON. Every refusal names the setting, the value received and what is allowed.
 */

import { acrossCopies, CLASS } from "../class-brand.ts";
import { shownValue, withoutTokens } from "../shown-value.ts";

/** A setting that cannot be used. The message is for the person who wrote the setting. */
export class SettingError extends Error {
  /** @internal */
  static readonly [CLASS]: string = "SettingError";
  /** @internal */
  static override readonly [Symbol.hasInstance] = acrossCopies;
  override readonly name = "SettingError";
}

/** A setting that does not exist. At synth it is a typing error; at run time {@link readKnown} goes on without it. */
class UnknownSettingError extends SettingError {
  readonly path: string;
  /** Removes the setting from the object that has it. */
  readonly leaveOut: () => void;

  constructor(path: string, value: unknown, allowed: string, leaveOut: () => void) {
    super(refusal(path, value, allowed));
    this.path = path;
    this.leaveOut = leaveOut;
  }
}

const refusal = (path: string, value: unknown, allowed: string): string =>
  withoutTokens(`${path} is ${shownValue(path, value)}: ${allowed}.`);

export function refuse(path: string, value: unknown, allowed: string): never {
  throw new SettingError(refusal(path, value, allowed));
}

export type Fields<Name extends string> = { readonly [Key in Name]?: unknown };

/** Takes an object apart, refusing all fields except the named ones. */
export function readFields<Name extends string>(path: string, value: unknown, names: readonly Name[]): Fields<Name> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(path, value, `it must be an object with ${names.join(", ")}`);
  }
  for (const [name, given] of Object.entries(value)) {
    if (!names.some((known) => known === name)) {
      const allowed = `there is no such setting; the settings here are ${names.join(", ")}`;
      throw new UnknownSettingError(`${path}.${name}`, given, allowed, () => Reflect.deleteProperty(value, name));
    }
    // If each reader decided, null would mean the default here and nonsense there.
    if (given === null) return refuse(`${path}.${name}`, null, "give a value, or leave it out");
  }
  return value as Fields<Name>;
}

/**
 * Reads settings that another version of the code may have written: settings unknown to this version are left out and
 * named. A known setting with a wrong value is refused all the same.
 *
 * @param value JSON, which is not changed.
 * @param read may be called several times, and takes the settings apart before anything else.
 */
export function readKnown<Read>(
  value: unknown,
  read: (value: unknown) => Read,
): { readonly read: Read; readonly unknown: readonly string[] } {
  const known = structuredClone(value);
  const unknown: string[] = [];
  for (;;) {
    try {
      return { read: read(known), unknown };
    } catch (error) {
      // The same setting again stands in a copy that the reader made, where it cannot be removed.
      if (!(error instanceof UnknownSettingError) || unknown.includes(error.path)) throw error;
      error.leaveOut();
      unknown.push(error.path);
    }
  }
}

/**
 * How each field of an object is read and checked. TypeScript demands one for every name of the interface, so that none
 * is forgotten.
 */
export type Readers<Props> = {
  readonly [Name in keyof Props]-?: (path: string, value: unknown) => NonNullable<Props[Name]>;
};

/**
 * Reads an object field by field, refusing any other field. An absent field stays absent.
 *
 * @param required fields that are read even if absent, so that the refusal says what is allowed.
 */
export function readAll<Props extends object>(
  path: string,
  value: unknown,
  readers: Readers<Props>,
  required: readonly (keyof Props & string)[] = [],
): Props {
  const names = Object.keys(readers) as (keyof Props & string)[];
  const given: Fields<keyof Props & string> = readFields(path, value, names);
  const read = names.flatMap((name) =>
    given[name] === undefined && !required.includes(name)
      ? []
      : [[name, readers[name](`${path}.${name}`, given[name])]],
  );
  return Object.fromEntries(read) as Props;
}

export interface IntegerRange {
  readonly min: number;
  readonly max: number;
  /** The reason for the range, where it is not obvious. */
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

export function readText(path: string, value: unknown, allowed = "it must be a string that is not empty"): string {
  return typeof value === "string" && value !== "" ? value : refuse(path, value, allowed);
}

export function readFlag(path: string, value: unknown): boolean {
  return typeof value === "boolean" ? value : refuse(path, value, "it must be true or false");
}

export function readMatch(path: string, value: unknown, pattern: RegExp, allowed: string): string {
  return typeof value === "string" && pattern.test(value) ? value : refuse(path, value, allowed);
}

/** Reads the entries of a list, each by the path of its place. */
export function readEntries<Read>(
  path: string,
  list: readonly unknown[],
  readEntry: (path: string, entry: unknown) => Read,
): readonly Read[] {
  // A copy has no holes: each is an entry that is undefined, and is refused.
  return [...list].map((entry, index) => readEntry(`${path}[${index}]`, entry));
}

/** Reads a list, entry by entry. Empty where the setting is absent. */
export function readList<Entry>(
  path: string,
  value: unknown,
  readEntry: (path: string, value: unknown) => Entry,
): readonly Entry[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return refuse(path, value, "it must be a list");
  return readEntries(path, value, readEntry);
}
