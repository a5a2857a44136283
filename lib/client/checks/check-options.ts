import { shownKind } from "../../contract/shown-value.ts";
import type { OutboxOptions } from "../outbox-options.ts";
import { DEFAULT_MAX_EVENT_BYTES, MIN_MAX_EVENT_BYTES } from "../outbox-options.ts";
import { checkFunction, checkName, checkPlain } from "./check-plain.ts";
import { refuse, shown } from "./check-text.ts";

export const checkOptionsObject = (given: unknown): Readonly<Record<string, unknown>> =>
  checkPlain("options", given, 'an object such as { client, tableName, source: "/shop/orders" }');

/** @throws InvalidEventError for what cannot send: what kind of client it is shows later. */
export function checkClient(client: unknown): void {
  const { send } = (client ?? {}) as { readonly send?: unknown };
  if (typeof send !== "function") {
    refuse(
      "client",
      `is ${shownKind(client)} without send(): give new DynamoDBClient(), or a DynamoDBDocumentClient to DocumentOutbox`,
    );
  }
}

/**
 * Checks the options that are no objects of their own: at start rather than with the first event that needs one.
 *
 * @throws InvalidEventError when one cannot be used.
 */
export function checkOptions(given: OutboxOptions<never>): void {
  const { tableName, counterTableName, maxEventBytes = DEFAULT_MAX_EVENT_BYTES, gzip, schemas, now, newId } = given;
  checkName("tableName", tableName, "the outbox table's name, the stack's output OutboxTableName");
  if (counterTableName !== undefined) {
    checkName("counterTableName", counterTableName, "the stack's output CounterTableName, or leave it out");
  }
  if (schemas !== undefined) checkSchemas(schemas);
  if (!Number.isSafeInteger(maxEventBytes) || maxEventBytes < MIN_MAX_EVENT_BYTES) {
    refuse(
      "maxEventBytes",
      `is ${shown(maxEventBytes)}: it must be a whole number of bytes from ${MIN_MAX_EVENT_BYTES} up, or left out`,
    );
  }
  if (gzip !== undefined && typeof gzip !== "boolean") {
    refuse("gzip", `is ${shown(gzip)}: it must be true or false, or left out`);
  }
  if (now !== undefined) checkFunction("now", now, "a function that gives epoch milliseconds, or left out");
  if (newId !== undefined) checkFunction("newId", newId, "a function that gives a new id, or left out");
}

function checkSchemas(given: unknown): void {
  const schemas = checkPlain("schemas", given, 'an object such as { "order.placed": schema }, or left out');
  for (const [type, schema] of Object.entries(schemas)) {
    if (schema !== undefined && !isStandardSchema(schema)) {
      refuse(
        `schemas.${type}`,
        `is ${shownKind(schema)}, not a Standard Schema: give one of zod, valibot or arktype, or of another such library`,
      );
    }
  }
}

/** A schema may be a function that has more to it: arktype's are. */
function isStandardSchema(schema: unknown): boolean {
  const { "~standard": standard } = (schema ?? {}) as { readonly "~standard"?: { readonly validate?: unknown } | null };
  return typeof standard?.validate === "function";
}

/** RFC 3339 has years of four digits. */
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Checks what the clock that was given says. */
export function checkNow(ms: unknown): number {
  if (typeof ms === "number" && ms >= 0 && ms <= LATEST_MS) return ms;
  return refuse("now", `gives ${shown(ms)}: it must give epoch milliseconds, as Date.now() does`);
}
