import { refuse, shown } from "./check-text.ts";
import { aKind, builtInKind, isPlain } from "./kinds.ts";

/**
 * Checks an object whose fields are gone through, or copied: of any other than a plain one, nothing might be found.
 *
 * @param wanted what it must be, for the message.
 */
export function checkPlain(field: string, value: unknown, wanted: string): Readonly<Record<string, unknown>> {
  if (isPlain(value)) return value;
  return refuse(field, `is ${shownObject(value)}: it must be ${wanted}`);
}

/** A wrong value by its kind, or, where it is short and tells more, by itself. */
export function shownObject(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return shown(value);
  if (isPlain(value)) return "an object";
  const kind = builtInKind(value);
  return kind === undefined ? "an instance of a class" : aKind(kind);
}

/** Checks a name that must be given. */
export function checkName(field: string, value: unknown, wanted: string): void {
  if (typeof value === "string" && value !== "") return;
  refuse(field, `is ${value === undefined || value === "" ? "missing" : shown(value)}: give ${wanted}`);
}

export function checkFunction(field: string, value: unknown, wanted: string): void {
  if (typeof value !== "function") refuse(field, `is ${shown(value)}: it must be ${wanted}`);
}
