import { InvalidEventError } from "../errors.ts";

/** Deeper than any document people write, and well short of the depth at which JSON readers run out of stack. */
const MAX_DEPTH = 200;

/**
 * Refuses every value that `JSON.stringify` fails on or silently changes (NaN becomes null, a Map becomes {}).
 *
 * @throws InvalidEventError with the path to the value.
 */
export function checkJson(path: string, value: unknown): void {
  check(path, value, []);
}

function check(path: string, value: unknown, ancestors: readonly unknown[]): void {
  if (typeof value === "string") checkText(path, value);
  else if (typeof value === "object" && value !== null) checkObject(path, value, ancestors);
  else {
    const problem = problemOf(value);
    if (problem !== undefined) refuse(path, problem);
  }
}

/** The problem with a value that holds no other values; undefined if there is none. */
function problemOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? undefined : `is ${value}, which JSON cannot hold: write null, or a string`;
    case "undefined":
      return "is undefined, which JSON cannot hold: leave it out, or write null";
    case "bigint":
      return "is a bigint, which JSON cannot hold: write it as a string, or as a number if it is small";
    case "function":
    case "symbol":
      return `is a ${typeof value}, which JSON cannot hold: leave it out`;
    default:
      return undefined;
  }
}

/**
 * Refuses half of a surrogate pair, which a string holds after a cut in the middle of a character: it is not valid
 * Unicode.
 */
export function checkText(path: string, text: string): void {
  if (!text.isWellFormed()) {
    refuse(path, "holds half of a surrogate pair: cut strings between characters, or repair it with toWellFormed()");
  }
}

function checkObject(path: string, value: object, ancestors: readonly unknown[]): void {
  if (ancestors.includes(value)) refuse(path, "refers back to an object around it: JSON cannot hold a circle");
  if (ancestors.length >= MAX_DEPTH) refuse(path, `is nested over ${MAX_DEPTH} levels deep: make it flatter`);
  const inside = [...ancestors, value];
  // Checked first: a Buffer has a toJSON, but it gives a list of numbers that nobody wants.
  const unfit = unfitKind(value);
  if (unfit !== undefined)
    refuse(path, `is a ${unfit}, of which JSON keeps nothing useful: make it an object or a list`);
  if (hasToJson(value)) {
    checkConverted(path, value, inside);
  } else if (Array.isArray(value)) {
    // By index, so that the holes of a sparse list are seen too.
    for (let index = 0; index < value.length; index += 1) check(`${path}[${index}]`, value[index], inside);
  } else {
    for (const [name, member] of Object.entries(value)) {
      checkText(`${path}.${name}`, name);
      check(`${path}.${name}`, member, inside);
    }
  }
}

/** A Date, like many classes, decides itself what it is in JSON. */
function checkConverted(path: string, value: { toJSON(): unknown }, inside: readonly unknown[]): void {
  if (value instanceof Date && Number.isNaN(value.getTime()))
    refuse(path, "is an invalid Date: give one that is a time");
  const converted = value.toJSON();
  if (converted !== value) check(path, converted, inside);
}

const hasToJson = (value: object): value is { toJSON(): unknown } =>
  "toJSON" in value && typeof value.toJSON === "function";

function unfitKind(value: object): string | undefined {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return "piece of binary data";
  return [Map, Set, WeakMap, WeakSet, Promise, RegExp].find((kind) => value instanceof kind)?.name;
}

function refuse(path: string, problem: string): never {
  throw new InvalidEventError(path, problem);
}
