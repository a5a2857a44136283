/**
 * Decides for one call after the other whether a fault strikes it: at random, and never fewer of all calls than its share, rounded
 * down. Bad luck must not leave a fault out of a run that has few calls, because a busy machine gathers more events in each.
 */
export class AtLeast {
  readonly #random: () => number;
  readonly #counts = new Map<unknown, { calls: number; struck: number }>();

  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * @param fault what the calls are counted by.
   * @param share from 0, never, to 1, always.
   */
  strikes(fault: unknown, share: number): boolean {
    const { calls, struck } = this.#counts.get(fault) ?? { calls: 0, struck: 0 };
    const strikes = this.#random() < share || struck < Math.floor((calls + 1) * share);
    this.#counts.set(fault, { calls: calls + 1, struck: struck + (strikes ? 1 : 0) });
    return strikes;
  }
}
