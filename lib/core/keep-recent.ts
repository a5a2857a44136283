/** Keeps a value in a map that forgets: of more than `most` keys the one goes that was kept longest ago. */
export function keepRecent<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
