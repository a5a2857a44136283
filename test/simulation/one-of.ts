import type { Random } from "../../lib/core/ports.ts";

/** One of these, all equally likely. */
export function oneOf<const Value>(values: readonly Value[], random: Random): Value {
  return values[Math.floor(random() * values.length)] as Value;
}
