import type { Session } from "./session.ts";

/** Makes a command's action of two steps: reading what was typed, which may refuse it, and the work on a relay. */
export type Action = <Args extends unknown[]>(
  read: (...args: Args) => (session: Session) => Promise<number>,
) => (...args: Args) => Promise<void>;
