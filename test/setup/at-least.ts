/**
 * Decides for one call after the other whether a fault strikes it: at random, and never fewer of all calls than the share, rounded
 * down. Bad luck must not leave a fault out of a run that has few calls, because a busy machine gathers more events in each.
 */
export class AtLeast {
  readonly #share: number;
  readonly #random: () => number;
  #calls = 0;
  #struck = 0;

  /** @param share From 0, never, to 1, always. */
  constructor(share: number, random: () => number) {
    this.#share = share;
    this.#random = random;
  }

  strikes(): boolean {
    this.#calls += 1;
    const least = Math.floor(this.#calls * this.#share);
    const strikes = this.#random() < this.#share || this.#struck < least;
    if (strikes) this.#struck += 1;
    return strikes;
  }
}
