const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{8})([0-9a-f]{24})-([0-9a-f]{16})-([0-9a-f]{2})/;

/**
 * The AWS trace header of a W3C `traceparent`: the same trace and parent, in X-Ray's spelling. Undefined where the
 * traceparent cannot be read; the event still carries it as an attribute.
 */
export function traceHeader(traceparent: string | undefined): string | undefined {
  const [, epoch, random, parent, flags] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  if (epoch === undefined || flags === undefined) return undefined;
  return `Root=1-${epoch}-${random};Parent=${parent};Sampled=${Number.parseInt(flags, 16) & 1}`;
}
