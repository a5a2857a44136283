import type { CheckAnswer } from "../../lib/core/ports.ts";

/** The protocol's values, stated again here: a wrong variant of the code must not move the judge. */
export const MEMORY_MS = 10_000;

interface Check {
  readonly beganAtMs: number;
  /**
   * When the process that made the check stops waiting. That may be before the check's own limit, if its event has waited long
   * enough.
   */
  readonly untilMs: number;
  answer?: CheckAnswer;
  learntAtMs?: number;
}

/**
 * What each process has learnt of the existence of each destination, and so may believe. `by` names both.
 *
 * An answer is about the moment when its check began. An unanswered check lets the last answer stand as long as the memory
 * lasts; a denied check does not.
 */
export class Knowledge {
  readonly #checks = new Map<string, Check[]>();
  /** Processes that must check again before they may rely on their last answer. */
  readonly #renewed = new Set<string>();

  begin(by: string, nowMs: number, untilMs: number): Check {
    const check: Check = { beganAtMs: nowMs, untilMs };
    this.#checks.set(by, [...(this.#checks.get(by) ?? []), check]);
    return check;
  }

  learn(by: string, check: Check, answer: CheckAnswer, nowMs: number): void {
    Object.assign(check, { answer, learntAtMs: nowMs });
    if (answer === "exists") this.#renewed.delete(by);
  }

  /** A run of a requeuer begins: others may have seen more than this process. */
  renew(process: string): void {
    for (const by of this.#checks.keys()) if (by.startsWith(`${process} `)) this.#renewed.add(by);
  }

  /** Why a process must not publish now; undefined where it may. */
  objection(by: string, nowMs: number): string | undefined {
    const told = (this.#checks.get(by) ?? []).filter(({ answer }) => answer !== undefined);
    const proofAt = told.findLastIndex(({ answer }) => answer === "exists");
    const proof = told[proofAt];
    if (proof === undefined) return "no check has ever found the target";
    const since = told.slice(proofAt + 1).map(({ answer }) => answer);
    if (since.includes("missing")) return "its last check found the target missing";
    if (since.includes("denied")) return "its checks are denied since";
    const doubted = since.includes("unanswered") || this.#renewed.has(by);
    return doubted && nowMs >= proof.beganAtMs + MEMORY_MS ? "its last proof is too old" : undefined;
  }

  /**
   * Whether a process may have taken an acknowledgement of that moment for good, although the target was gone: a proof before it
   * was within the memory, a check after that went unanswered, or is answered too late, and none was denied by then.
   */
  couldRemember(by: string, acknowledgedAtMs: number): boolean {
    const checks = this.#checks.get(by) ?? [];
    const isUnanswered = ({ answer, untilMs, learntAtMs = Number.POSITIVE_INFINITY }: Check) =>
      answer === "unanswered" || learntAtMs >= untilMs;
    return checks.some(({ answer, beganAtMs }) => {
      const isRemembered = beganAtMs <= acknowledgedAtMs && acknowledgedAtMs < beganAtMs + MEMORY_MS;
      if (answer !== "exists" || !isRemembered) return false;
      const since = checks.filter((other) => other.beganAtMs > beganAtMs);
      const isDeniedBefore = since.some(
        (other) => other.answer === "denied" && (other.learntAtMs ?? Number.POSITIVE_INFINITY) <= acknowledgedAtMs,
      );
      return !isDeniedBefore && since.some(isUnanswered);
    });
  }
}
