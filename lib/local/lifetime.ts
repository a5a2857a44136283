/** Collects how to end everything that was started. The ends run in reverse order, each one even if others fail. */
export class Lifetime {
  readonly #ends: { readonly what: string; readonly end: () => Promise<void> }[] = [];

  defer(what: string, end: () => Promise<void>): void {
    this.#ends.push({ what, end });
  }

  /** Ends everything. Resolves with a description of each failure. */
  async end(): Promise<readonly string[]> {
    const problems: string[] = [];
    for (let next = this.#ends.pop(); next !== undefined; next = this.#ends.pop()) {
      try {
        await next.end();
      } catch (error) {
        problems.push(`${next.what} did not end cleanly: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return problems;
  }
}

/** The run was asked to stop, usually by Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`Stopped by ${signal}.`);
    this.signal = signal;
  }
}
