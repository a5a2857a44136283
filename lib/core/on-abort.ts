/**
 * Calls `stop` when the signal is aborted, or at once where it is already. Without a signal it is never called.
 *
 * @returns what ends the listening. A signal may live far longer than the work that listens to it: a listener that stays on
 * it keeps that work in memory.
 */
export function onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (signal?.aborted === true) stop();
  else signal?.addEventListener("abort", stop, { once: true });
  return () => signal?.removeEventListener("abort", stop);
}
