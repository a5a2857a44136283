import type { ProcessParts } from "../../lib/core/process/process.ts";
import { type CountedClock, mayRun } from "./counted-clock.ts";
import { hasAllPlaces } from "./places.ts";

export interface WatchedProcess extends Pick<ProcessParts, "pendingDeletes"> {
  /** The process's own. */
  readonly clock: CountedClock;
  /** Whether its target has existence checks. */
  readonly isChecked: boolean;
}

/**
 * Begins to watch an invocation. What an invocation takes it has given back by its end: Lambda freezes what is left, until another
 * invocation comes.
 *
 * @returns what tells, once the invocation is over, each thing that it kept.
 */
export function watchTaken({ pendingDeletes, clock, isChecked }: WatchedProcess): () => Promise<readonly string[]> {
  const before = processListeners();
  return async () => {
    const { timers, listeners } = clock;
    const added = processListeners() - before;
    const kept: string[] = [];
    if (timers > mayRun(isChecked)) kept.push(`${timers} of its timers still run`);
    if (listeners > 0) kept.push(`${listeners} of its listeners are left on signals`);
    if (added > 0) kept.push(`${added} of its listeners are left on the process`);
    if (!(await hasAllPlaces(pendingDeletes, clock)))
      kept.push("its calls have not given back all places that they took");
    return kept;
  };
}

/** How many listeners Node's process has, whatever the event. */
const processListeners = (): number =>
  process.eventNames().reduce((count, event) => count + process.listenerCount(event), 0);
