import { describe, expect, it } from "vitest";
import { traceHeader } from "../../../lib/targets/shared/run/trace-header.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
/** By the W3C: X-Ray would drop a trace of zeros, or draw one that all such events share. */
const FORBIDDEN = [`00-${"0".repeat(32)}-${PARENT}-01`, `00-${TRACE}-${"0".repeat(16)}-01`, `ff-${TRACE}-${PARENT}-01`];

describe("traceHeader", () => {
  it("spells the same trace and parent as X-Ray does", () => {
    expect(traceHeader(`00-${TRACE}-${PARENT}-01`)).toBe(
      `Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=${PARENT};Sampled=1`,
    );
  });

  it.each([
    ["00", 0],
    ["01", 1],
    ["02", 0],
    ["03", 1],
    ["ff", 1],
  ])("takes the sampling decision from the lowest flag of %s", (flags, sampled) => {
    expect(traceHeader(`00-${TRACE}-${PARENT}-${flags}`)).toMatch(new RegExp(`;Sampled=${sampled}$`));
  });

  it("reads a later version of the format, which may go on", () => {
    expect(traceHeader(`01-${TRACE}-${PARENT}-01-more`)).toContain("Root=1-0af76519");
  });

  it.each([undefined, "", "nonsense", `00-${TRACE}`, `00-${TRACE.toUpperCase()}-${PARENT}-01`, ...FORBIDDEN])(
    "has none for %s",
    (traceparent) => {
      expect(traceHeader(traceparent)).toBeUndefined();
    },
  );
});
