import { types } from "node:util";
import { InvalidEventError } from "../errors.ts";
import { aKind, BINARY, builtInKind, isBinary, isPlain } from "./kinds.ts";

/** Deeper than any document people write, and well short of the depth at which JSON readers run out of stack. */
const MAX_DEPTH = 200;

/**
 * Refuses every value that `JSON.stringify` fails on or silently changes (NaN becomes null, a Map or an Error {}).
 *
 * An object of a service's class counts as its fields: its own ones, enumerable and named by strings. All else about it
 * (private fields, getters of its class, symbols) is not data by the rules of the language, and JSON leaves it out.
 *
 * @throws InvalidEventError with the path to the value.
 */
export function checkJson(path: string, value: unknown): void {
  check(path, value, []);
}

function check(path: string, value: unknown, ancestors: readonly unknown[]): void {
  if (typeof value === "string") checkText(path, value);
  else if (typeof value === "object" && value !== null) checkReadable(path, value, ancestors);
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

/** What throws here would throw in JSON.stringify too. */
function checkReadable(path: string, value: object, ancestors: readonly unknown[]): void {
  try {
    checkObject(path, value, ancestors);
  } catch (cause) {
    if (cause instanceof InvalidEventError) throw cause;
    const problem = "cannot be read: its toJSON(), a getter or a proxy threw. See the cause of this error, and mend it";
    throw new InvalidEventError(path, problem, { cause });
  }
}

function checkObject(path: string, value: object, ancestors: readonly unknown[]): void {
  if (ancestors.includes(value)) refuse(path, "refers back to an object around it: JSON cannot hold a circle");
  if (ancestors.length >= MAX_DEPTH) refuse(path, `is nested over ${MAX_DEPTH} levels deep: make it flatter`);
  const inside = [...ancestors, value];
  // Checked first: a Buffer has a toJSON, but it gives a list of numbers that nobody wants.
  if (isBinary(value)) refuseKind(path, BINARY);
  if (hasToJson(value)) checkConverted(path, value, inside);
  else checkContent(path, value, inside);
}

/** A Date, like many classes, decides itself what it is in JSON. */
function checkConverted(path: string, value: { toJSON(): unknown }, inside: readonly unknown[]): void {
  if (types.isDate(value) && Number.isNaN(value.getTime())) refuse(path, "is an invalid Date: give one that is a time");
  const converted = value.toJSON();
  if (converted === value) {
    checkContent(path, value, inside);
    return;
  }
  // JSON.stringify asks once: of a Date that a toJSON returns, it would leave {}.
  if (typeof converted === "object" && converted !== null && hasToJson(converted)) {
    refuse(path, "has a toJSON() that returns an object with a toJSON() of its own, which JSON does not call: call it");
  }
  check(path, converted, inside);
}

const hasToJson = (value: object): value is { toJSON(): unknown } =>
  "toJSON" in value && typeof value.toJSON === "function";

function checkContent(path: string, value: object, inside: readonly unknown[]): void {
  if (Array.isArray(value)) {
    // By index, so that the holes of a sparse list are seen too.
    for (let index = 0; index < value.length; index += 1) check(`${path}[${index}]`, value[index], inside);
    refuseFieldsBeside(path, value, value.length);
  } else if (types.isBoxedPrimitive(value)) {
    check(path, value.valueOf(), inside);
    refuseFieldsBeside(path, value, types.isStringObject(value) ? value.length : 0);
  } else {
    const kind = isPlain(value) ? undefined : builtInKind(value);
    if (kind !== undefined) refuseKind(path, kind);
    for (const [name, member] of Object.entries(value)) {
      // Called already. It is a function, and JSON leaves it out.
      if (name === "toJSON" && typeof member === "function") continue;
      checkText(`${path}.${name}`, name);
      check(`${path}.${name}`, member, inside);
    }
  }
}

/** What `regex.exec()` gives is a list with three fields, of which JSON keeps the list. */
function refuseFieldsBeside(path: string, value: object, elements: number): void {
  const field = Object.keys(value)[elements];
  if (field !== undefined) {
    refuse(`${path}.${field}`, "is a field of a list or of a wrapped value, which JSON leaves out: make it an object");
  }
}

const refuseKind = (path: string, kind: string): never =>
  refuse(path, `is ${aKind(kind)}, of which JSON keeps nothing useful: write what it holds as an object or a list`);

function refuse(path: string, problem: string): never {
  throw new InvalidEventError(path, problem);
}
