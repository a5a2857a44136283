/** Rows name destinations freely, so the number kept is bounded; the one met first is forgotten first. */
const MAX_DESTINATIONS = 1_000;

/** Keeps what belongs to a destination, for the last thousand of them. */
export function keep<Value>(map: Map<string, Value>, destination: string, value: Value): void {
  const [oldest] = map.keys();
  if (map.size >= MAX_DESTINATIONS && oldest !== undefined && !map.has(destination)) map.delete(oldest);
  map.set(destination, value);
}
