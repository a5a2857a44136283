/** Waits for a promise until the signal fires, and rejects with its reason then. What was begun goes on by itself. */
export function within<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    const settle = () => signal.removeEventListener("abort", stop);
    promise.then(resolve, reject).then(settle, settle);
  });
}
