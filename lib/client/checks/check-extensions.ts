import { EXTENSION_NAME, OWN_ATTRIBUTES } from "../../contract/codec/decode-row.ts";
import { shownKind } from "../../contract/shown-value.ts";
import { DATAREF } from "../claim-check.ts";
import { checkText } from "./check-json.ts";
import { checkPlain } from "./check-plain.ts";
import { checkCharacters, refuse } from "./check-text.ts";

/** DynamoDB's numbers go down to 1e-130; the limit here is a little higher, to be safe. */
const MIN_NUMBER = 1e-129;

/** Attributes of the contract: they have fields of their own. */
const NOT_FOR_EXTENSIONS = new Set([
  ...OWN_ATTRIBUTES,
  ...["subject", "datacontenttype", "dataschema", "traceparent", "tracestate", "recordedtime", DATAREF],
  // CloudEvents 0.3 had it for dataschema. The CloudEvents SDK for JavaScript refuses an event of 1.0 that has it.
  "schemaurl",
]);
const SET_FROM_ORDER = ["partitionkey", "sequence"];

export function checkExtensions(given: unknown, ordered: boolean): Readonly<Record<string, string | number | boolean>> {
  if (given === undefined) return {};
  for (const [name, value] of Object.entries(checkExtensionsObject(given))) {
    const field = `extensions.${name}`;
    if (!EXTENSION_NAME.test(name))
      refuse(field, "has a name that CloudEvents does not allow: use lower-case letters and digits");
    if (NOT_FOR_EXTENSIONS.has(name))
      refuse(field, "has the name of an attribute that is set otherwise: choose another");
    if (ordered && SET_FROM_ORDER.includes(name)) refuse(field, "is set from order: leave it out");
    checkExtensionValue(field, value);
  }
  return given as Readonly<Record<string, string | number | boolean>>;
}

export const checkExtensionsObject = (given: unknown): Readonly<Record<string, unknown>> =>
  checkPlain("extensions", given, "an object of strings, numbers and booleans");

function checkExtensionValue(field: string, value: unknown): void {
  if (typeof value === "string") {
    checkText(field, value);
    checkCharacters(field, value);
  } else if (typeof value === "number") {
    const size = Math.abs(value);
    const survives = size <= Number.MAX_SAFE_INTEGER && (size === 0 || size >= MIN_NUMBER);
    if (!survives) refuse(field, `is ${value}, which does not survive as a number: give it as a string`);
  } else if (typeof value !== "boolean") {
    refuse(field, `is ${shownKind(value)}: it must be a string, a number or a boolean`);
  }
}
