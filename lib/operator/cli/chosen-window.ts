import { OperatorError } from "../aws/operator-error.ts";
import { type AuditWindow, auditWindow } from "../core/audit/audit-window.ts";
import type { Session } from "./session.ts";
import { clockTime } from "./times.ts";

/** `--from` and `--to`: epoch milliseconds, once it is known what time it is. */
export interface AskedWindow {
  readonly from: (nowMs: number) => number;
  readonly to: (nowMs: number) => number;
}

/**
 * The window of the archive that can be read now.
 *
 * @throws OperatorError for one that cannot be meant.
 */
export function chosenWindow(
  { clock, deployment }: Session,
  { from, to }: AskedWindow,
): { readonly window: AuditWindow; readonly isCut: boolean } {
  const nowMs = clock.now();
  const asked = { fromMs: from(nowMs), toMs: to(nowMs) };
  // What the relay met is written at the end of its invocation, at the latest.
  const choice = auditWindow(asked, nowMs, deployment.minParkedMs);
  switch (choice.kind) {
    case "window":
      return choice;
    case "empty":
      throw new OperatorError(
        "misuse",
        `--to is ${clockTime(asked.toMs)}, which is not after --from, ${clockTime(asked.fromMs)}: give a later one.`,
      );
    case "too-late":
      throw new OperatorError(
        "misuse",
        `--from is ${clockTime(asked.fromMs)}: of what the relay met since ${clockTime(choice.latestMs)} nothing can be ` +
          "said yet, for its lines may be on their way. Give an earlier time, or wait.",
      );
  }
}
