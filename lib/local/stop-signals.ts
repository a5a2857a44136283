/**
 * The terminal sends Ctrl-C to npm and to the program that npm started, and npm passes on its own: one Ctrl-C comes twice, within
 * milliseconds on a quiet machine.
 */
const ONE_WITHIN_MS = 1_000;

export interface StopHandlers {
  readonly first: (signal: NodeJS.Signals) => void;
  /** Called at each later signal, which says that the first one takes too long. */
  readonly again: (signal: NodeJS.Signals) => void;
}

/** What sends signals: the process. */
interface Signals {
  on(signal: NodeJS.Signals, heard: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, heard: (signal: NodeJS.Signals) => void): unknown;
}

/**
 * Listens to signals that ask to stop. Returns what ends the listening.
 *
 * @param nowMs milliseconds, of any beginning. @default the machine's clock, which nobody sets
 */
export function onStopSignals(
  signals: readonly NodeJS.Signals[],
  { first, again }: StopHandlers,
  from: Signals = process,
  nowMs: () => number = () => performance.now(),
): () => void {
  let firstAtMs: number | undefined;
  const heard = (signal: NodeJS.Signals): void => {
    if (firstAtMs === undefined) {
      firstAtMs = nowMs();
      first(signal);
    } else if (nowMs() - firstAtMs > ONE_WITHIN_MS) {
      again(signal);
    }
  };
  for (const signal of signals) from.on(signal, heard);
  return () => {
    for (const signal of signals) from.off(signal, heard);
  };
}
