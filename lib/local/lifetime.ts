/** Whoever starts something says here how it ends. Ends run in reverse order, each one whatever becomes of the others. */
export class Lifetime {
  readonly #ends: { readonly what: string; readonly end: () => Promise<void> }[] = [];

  defer(what: string, end: () => Promise<void>): void {
    this.#ends.push({ what, end });
  }

  /** Ends everything. Resolves with what could not be ended, in words. */
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

/** The run was asked to stop, by Ctrl-C most often. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`Stopped by ${signal}.`);
    this.signal = signal;
  }
}
