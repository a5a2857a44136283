/** What a `traceparent` says: the trace, the span that wrote, and the flags, of which the lowest bit is "sampled". */
export interface TraceParent {
  readonly traceId: string;
  readonly parentId: string;
  readonly flags: number;
  /** The fields that a later version adds; undefined where there are none. */
  readonly added: string | undefined;
}

/**
 * Version ff, a trace id of zeros alone and a parent id of zeros alone are forbidden. Version 00 ends with its flags;
 * later versions may add fields. https://www.w3.org/TR/trace-context/#traceparent-header-field-values
 */
const TRACEPARENT = /^(?!ff|00.{54})[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-(.*))?$/;

/** Reads W3C trace context. Undefined where the string is none. */
export function readTraceparent(text: string): TraceParent | undefined {
  const [, traceId, parentId, flags, added] = TRACEPARENT.exec(text) ?? [];
  if (traceId === undefined || parentId === undefined || flags === undefined) return undefined;
  return { traceId, parentId, flags: Number.parseInt(flags, 16), added };
}

/**
 * The same, where nothing was added: what a later version adds may be any text, which not every place for a `traceparent`
 * can hold.
 */
export function readPlainTraceparent(text: string): TraceParent | undefined {
  const trace = readTraceparent(text);
  return trace?.added === undefined ? trace : undefined;
}

export const isTraceparent = (text: string): boolean => TRACEPARENT.test(text);
