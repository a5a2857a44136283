/** One at a time for each name. A caller of several names holds all of them or none, so there is no deadlock. */
export interface Turns {
  take(names: readonly string[]): Turn;
}

export interface Turn {
  /** Resolves when all earlier callers are done with the names. */
  readonly begun: Promise<void>;
  /** Must be called once, even if the turn has not begun. */
  done(): void;
}

export function turns(): Turns {
  const lasts = new Map<string, Promise<void>>();
  return {
    take(names) {
      let done: () => void = () => {};
      const ended = new Promise<void>((resolve) => {
        done = resolve;
      });
      const begun = Promise.all(names.map((name) => lasts.get(name))).then(() => {});
      // A caller that gives up waiting does not let others past those before.
      const last = begun.then(() => ended);
      for (const name of names) lasts.set(name, last);
      void last.then(() => {
        for (const name of names) if (lasts.get(name) === last) lasts.delete(name);
      });
      return { begun, done };
    },
  };
}
