/**
 * How far apart the clocks of all who write times may be: functions, DynamoDB, and the caller's, which is set right by an
 * answer's Date header. AWS's own agree to milliseconds, and the header tells whole seconds: this is far more than that.
 */
export const CLOCK_MARGIN_MS = 30_000;

/**
 * How long a stream keeps a record, and with it how long before it was met an event may have been written, and delivered
 * by the requeuer: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
export const STREAM_KEEPS_MS = 24 * 3_600_000;

/** Epoch milliseconds. The end is not part of the window. */
export interface AuditWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

export type WindowChoice =
  | { readonly kind: "window"; readonly window: AuditWindow; readonly isCut: boolean }
  /** Its end is not after its beginning. */
  | { readonly kind: "empty" }
  /** It begins in the future, or so lately that its lines may be on their way. */
  | { readonly kind: "too-late"; readonly latestMs: number };

/**
 * The window that can be judged now. What the relay met may be on its way into the archive for as long as an invocation
 * lasts. Of that time nothing can be said yet, so a window that ends later is cut.
 *
 * @param invocationMs how long an invocation of the relay may go on.
 */
export function auditWindow({ fromMs, toMs }: AuditWindow, nowMs: number, invocationMs: number): WindowChoice {
  if (toMs <= fromMs) return { kind: "empty" };
  const latestMs = nowMs - invocationMs - CLOCK_MARGIN_MS;
  if (fromMs >= latestMs) return { kind: "too-late", latestMs };
  return { kind: "window", window: { fromMs, toMs: Math.min(toMs, latestMs) }, isCut: toMs > latestMs };
}

export const isWithin = ({ fromMs, toMs }: AuditWindow, ms: number): boolean => ms >= fromMs && ms < toMs;
