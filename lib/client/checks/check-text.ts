import { hasOnlyAllowed } from "../../contract/codec/conformance.ts";
import { shownKind } from "../../contract/shown-value.ts";
import { InvalidEventError } from "../errors.ts";
import { checkText } from "./check-json.ts";

/** Checks that a string is present and not empty. */
export function text(field: string, value: unknown): string {
  if (value === undefined || value === null) {
    return refuse(
      field,
      field === "source" ? "is missing: give it here or to the outbox" : "is missing: give a string",
    );
  }
  if (typeof value !== "string") return refuse(field, `is ${shown(value)}: it must be a string`);
  if (value === "") return refuse(field, "is empty: give a string with at least one character, or leave it out");
  checkText(field, value);
  return value;
}

export const optionalText = (field: string, value: unknown): string | undefined =>
  value === undefined ? undefined : text(field, value);

/** Checks the value of an event's attribute: a string that CloudEvents allows. */
export const attribute = (field: string, value: unknown): string => checkCharacters(field, text(field, value));

export const optionalAttribute = (field: string, value: unknown): string | undefined =>
  value === undefined ? undefined : attribute(field, value);

/** Refuses characters that CloudEvents allows in no attribute, since many transports cannot carry them. */
export function checkCharacters(field: string, value: string): string {
  if (hasOnlyAllowed(value)) return value;
  return refuse(
    field,
    `is ${shown(value)}: CloudEvents allows no control characters and no noncharacters in an attribute. Leave them out, ` +
      "or put the value into data",
  );
}

const SHOWN_CHARACTERS = 40;

/** The beginning of a value: enough to recognise it, too little to leak a payload. */
export function shown(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}...` : value);
  }
  return typeof value === "number" || typeof value === "boolean" ? String(value) : shownKind(value);
}

export function refuse(field: string, problem: string): never {
  throw new InvalidEventError(field, problem);
}
