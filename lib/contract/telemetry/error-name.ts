import { readThrown } from "./thrown.ts";

/** What a log says of an error: its name alone, for a message may hold a payload. What is not an Error is shown as it is. */
export function errorName(error: unknown): string {
  const { isError, name, message } = readThrown(error);
  return isError ? name : message;
}
