/**
 * What each operation of a port does when its request arrives. The effect is atomic: it happens at once, as a whole or not at
 * all.
 */
export type Effects<Port> = {
  readonly [Name in keyof Port]: Port[Name] extends (...given: infer Given) => Promise<infer Answer>
    ? (...given: Given) => Answer
    : never;
};

/** Carries one request to the place of its effect, and carries the answer back. A carrier may refuse; then nothing has happened. */
export type Carry<Port> = <Answer>(
  operation: keyof Port & string,
  given: readonly unknown[],
  effect: () => Answer,
) => Promise<Answer>;

/** Makes a port of its effects. The carrier decides how long a request takes and what may happen to it. */
export function portOver<Port extends object>(effects: Effects<Port>, carry: Carry<Port>): Port {
  const port: Record<string, unknown> = {};
  for (const [operation, effect] of Object.entries(effects) as [
    keyof Port & string,
    (...given: unknown[]) => unknown,
  ][])
    port[operation] = (...given: unknown[]) => carry(operation, given, () => effect(...given));
  return port as Port;
}
