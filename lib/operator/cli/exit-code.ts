import type { OperatorErrorKind } from "../aws/operator-error.ts";

/** What the command's exit code says to scripts. Documented in docs/operator.md. */
export const EXIT = {
  /** Done, or nothing wrong found. */
  ok: 0,
  /** `status` and `doctor`: something is wrong. `audit`: not all is accounted for. `put`: not delivered in time. Any command: AWS did not do it, or a part is gone. */
  failed: 1,
  /** The command line cannot be meant as it stands. Nothing was changed. */
  misuse: 2,
  /** No such stack, event or act. Nothing was changed. */
  notFound: 3,
  /** No credentials, expired ones, or a permission that is missing. */
  notAllowed: 4,
  /** Some of the events were not changed, because somebody else had them. */
  partly: 5,
  /** What would be done was shown, and not done: `--yes` does it. */
  dryRun: 6,
} as const;

export const exitCodeOf: Readonly<Record<OperatorErrorKind, number>> = {
  misuse: EXIT.misuse,
  "not-found": EXIT.notFound,
  "not-allowed": EXIT.notAllowed,
  failed: EXIT.failed,
};
