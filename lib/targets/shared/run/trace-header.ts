import { readTraceparent } from "../../../contract/codec/traceparent.ts";

/** X-Ray's trace ids begin with 8 digits of their own. */
const EPOCH_DIGITS = 8;

/**
 * The AWS trace header of a W3C `traceparent`: the same trace and parent, in X-Ray's spelling. Undefined where the
 * traceparent cannot be read; the event still carries it as an attribute.
 */
export function traceHeader(traceparent: string | undefined): string | undefined {
  const trace = readTraceparent(traceparent ?? "");
  if (trace === undefined) return undefined;
  const { traceId, parentId, flags } = trace;
  const root = `1-${traceId.slice(0, EPOCH_DIGITS)}-${traceId.slice(EPOCH_DIGITS)}`;
  return `Root=${root};Parent=${parentId};Sampled=${flags & 1}`;
}
