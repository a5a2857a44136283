import { shownKind, shownValue } from "../contract/shown-value.ts";

/** Longer than what is shown, with room for a password that ends behind it. */
const LONGEST_READ = 2_048;

/**
 * A value that arrived, as a message may show it: in bounded room and time, whatever it is. An object is told by its kind, for it
 * may be a payload.
 */
export function shownReceived(name: string, value: unknown): string {
  if (typeof value === "object") return shownKind(value);
  return shownValue(name, typeof value === "string" ? value.slice(0, LONGEST_READ) : value);
}
