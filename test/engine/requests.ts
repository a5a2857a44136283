/** What each operation of a port does when its request arrives: at once, and whole or not at all. */
export type Effects<Port> = {
  readonly [Name in keyof Port]: Port[Name] extends (...given: infer Given) => Promise<infer Answer>
    ? (...given: Given) => Answer
    : never;
};

/** Brings one request to where its effect happens, and its answer back. May refuse: then nothing has happened. */
export type Carry<Port> = <Answer>(
  operation: keyof Port & string,
  given: readonly unknown[],
  effect: () => Answer,
) => Promise<Answer>;

/** A port over its effects. How long a request is under way, and what may befall it, is the carrier's matter. */
export function portOver<Port extends object>(effects: Effects<Port>, carry: Carry<Port>): Port {
  const port: Record<string, unknown> = {};
  for (const [operation, effect] of Object.entries(effects) as [
    keyof Port & string,
    (...given: unknown[]) => unknown,
  ][])
    port[operation] = (...given: unknown[]) => carry(operation, given, () => effect(...given));
  return port as Port;
}
