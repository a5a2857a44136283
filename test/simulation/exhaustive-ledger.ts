import { Ledger } from "./ledger.ts";

/**
 * The ledger, telling more of what its verdicts depend on: who is at work, and what each process has in hand. An instant
 * counts only as before or after the last delivery; the rest of it is history.
 */
export class WatchedLedger extends Ledger {
  /** Processes of which nothing is on its way any more: what they had in hand excuses nothing. */
  readonly gone = new Set<string>();
  readonly #atWork = new Set<string>();
  readonly #hands = new Map<
    string,
    { readonly by: string; readonly id: string; readonly what: string; readonly instant: number }
  >();
  readonly #deliveredAt = new Map<string, number>();
  readonly #deliverers = new Map<string, Set<string>>();

  override hold(by: string, id: string, instant: number, freshRecord: boolean, version: string): void {
    super.hold(by, id, instant, freshRecord, version);
    const contested = [...(this.#deliverers.get(id) ?? [])].some((other) => other !== by && this.#atWork.has(other));
    this.#hands.set(`${by}/${id}`, { by, id, what: `${freshRecord} ${version} ${contested}`, instant });
  }

  override begin(by: string): void {
    super.begin(by);
    this.#atWork.add(by);
  }

  override end(by: string): void {
    super.end(by);
    this.#atWork.delete(by);
  }

  override deliver(by: string, id: string, instant: number): void {
    super.deliver(by, id, instant);
    this.#deliveredAt.set(id, instant);
    this.#deliverers.set(id, (this.#deliverers.get(id) ?? new Set()).add(by));
  }

  override fingerprint(): string {
    const hands = [...this.#hands.values()]
      .filter(({ by }) => !this.gone.has(by))
      .map(({ by, id, what, instant }) => `${by} ${id} ${what} ${instant <= (this.#deliveredAt.get(id) ?? 0)}`);
    return [super.fingerprint(), [...this.#atWork].sort().join(" "), ...hands.sort()].join("\n");
  }
}
