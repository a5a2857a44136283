import type { NewEvent } from "../contract/codec/encode-row.ts";
import { checkJson } from "./checks/check-json.ts";
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
  const result = await schema["~standard"].validate(event.data);
  if (result.issues === undefined) {
    if (result.value !== undefined) checkJson("data", result.value);
    return { ...event, data: result.value };
  }
  const [first] = result.issues;
  const path = (first?.path ?? []).map((segment) => `.${String(typeof segment === "object" ? segment.key : segment)}`);
  const more = result.issues.length > 1 ? `, and ${result.issues.length - 1} more` : "";
  throw new InvalidEventError(
    `data${path.join("")}`,
    `does not fit the schema of ${JSON.stringify(event.type)}: ${first?.message ?? "no reason given"}${more}`,
  );
}
