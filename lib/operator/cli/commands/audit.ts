import { OperatorError } from "../../aws/operator-error.ts";
import { type AuditStep, AuditStopped } from "../../core/audit/reading.ts";
import { shownFindings } from "../../core/audit/shown-findings.ts";
import { streamedFindings } from "../audit/streamed-findings.ts";
import { tellAudit } from "../audit/tell-audit.ts";
import { type AskedWindow, chosenWindow } from "../chosen-window.ts";
import { EXIT } from "../exit-code.ts";
import type { Session } from "../session.ts";
import { stepText } from "../texts/audit-texts.ts";
import { spanOf } from "../times.ts";

export interface AuditOptions extends AskedWindow {
  readonly gapless: boolean;
  /** Of the events that a person is shown. */
  readonly limit: number;
}

/** Says of every event that the relay met in a window what became of it. */
export async function audit(session: Session, options: AuditOptions, write: (text: string) => void): Promise<number> {
  const { output, deployment, clock } = session;
  // It brings the client for S3, for which no other command should wait.
  const { archiveBucketOf, auditDeployment } = await import("../../aws/audit/audit-deployment.ts");
  const bucket = archiveBucketOf(deployment, "audit");
  const { window, isCut } = chosenWindow(session, options);
  const reachMs = clock.now() - window.fromMs;
  if (reachMs > LONG_MS) output.warn(longText(reachMs));
  const { gapless, limit } = options;
  const onProgress = (step: AuditStep) => output.progress(stepText(step));
  const request = { window, isCut, gapless, keepsOrder: deployment.keepsOrder, onProgress };
  const streamed = streamedFindings(write, clock.now());
  const shown = shownFindings(limit);
  try {
    const report = await auditDeployment(session, request, output.json ? streamed : shown);
    if (output.json) streamed.end(report, bucket);
    else tellAudit(output, report, shown, { bucket, gapless, limit });
    return report.isAccountedFor ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (!(error instanceof AuditStopped)) throw error;
    throw new OperatorError("failed", "Stopped before everything was read, so nothing can be said.", { cause: error });
  }
}

const LONG_MS = 31 * 86_400_000;

const longText = (reachMs: number): string =>
  `Reads the archive of the last ${spanOf(reachMs)}: what was met in the window may have been acknowledged at any time ` +
  "since. S3 is paid for each object.";
