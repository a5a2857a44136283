import type { StandardSchemaV1 } from "@standard-schema/spec";
import { DEFAULT_CONTENT_TYPE } from "../contract/codec/content-type.ts";
import type { NewEvent } from "../contract/codec/encode-row.ts";
import { shownKind } from "../contract/shown-value.ts";
import { checkData } from "./checks/check-event.ts";
import { InvalidEventError } from "./errors.ts";
import type { EventSchemas } from "./event-input.ts";

/**
 * Checks the event's data with the schema of its type, if there is one.
 *
 * @returns the event with the data that the schema returned, which may have defaults filled in and unknown fields
 * removed.
 * @throws InvalidEventError with the path of the first issue.
 */
export async function validateData<Events extends object>(
  event: NewEvent,
  schemas: EventSchemas<Events>,
): Promise<NewEvent> {
  // Own fields only: a type named "constructor" has no schema.
  const schema = Object.hasOwn(schemas, event.type) ? schemas[event.type as keyof Events] : undefined;
  if (schema === undefined) return event;
  const result: unknown = await schema["~standard"].validate(event.data);
  if (!isResult(result)) {
    throw new InvalidEventError(
      `schemas.${event.type}`,
      `gave ${shownKind(result)}: a Standard Schema gives { value }, or { issues: [...] }`,
    );
  }
  if (result.issues === undefined) {
    const { value } = result;
    if (value !== undefined) checkData(value, event.datacontenttype ?? DEFAULT_CONTENT_TYPE);
    return { ...event, data: value };
  }
  const [first] = result.issues;
  const path = (first?.path ?? []).map(
    (segment) => `.${String(typeof segment === "object" && segment !== null ? segment.key : segment)}`,
  );
  const more = result.issues.length > 1 ? `, and ${result.issues.length - 1} more` : "";
  throw new InvalidEventError(
    `data${path.join("")}`,
    `does not fit the schema of ${JSON.stringify(event.type)}: ${first?.message ?? "no reason given"}${more}`,
  );
}

function isResult(result: unknown): result is StandardSchemaV1.Result<unknown> {
  if (typeof result !== "object" || result === null) return false;
  const { issues } = result as { readonly issues?: unknown };
  return issues === undefined ? "value" in result : Array.isArray(issues);
}
