import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isTraceparent, readTraceparent } from "../../../lib/contract/codec/traceparent.ts";
import { judgedByW3c } from "./trace-context.ts";

const RUNS = { numRuns: 20_000, seed: 20_260_131 };

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

const { properties } = JSON.parse(
  readFileSync(new URL("../../../schema/outbox-item.schema.json", import.meta.url), "utf8"),
);
const SCHEMA = new RegExp(properties.traceparent.oneOf[0].properties.S.pattern, "u");

const hex = (digits: number) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)) },
    fc.constantFrom("0".repeat(digits), "f".repeat(digits), "0".repeat(digits - 1), `${"0".repeat(digits - 1)}1`),
    fc.constantFrom("A".repeat(digits), "g".repeat(digits), "0".repeat(digits + 1)),
  );
const traceparent = fc
  .tuple(
    fc.oneof(fc.constantFrom("00", "01", "cc", "fe", "ff"), hex(2)),
    ...[hex(32), hex(16), hex(2)],
    fc.constantFrom("", "", "", "-", "-more", "-more-yet", "x", "-\n", "\n"),
  )
  .map(([version, traceId, parentId, flags, end]) => `${version}-${traceId}-${parentId}-${flags}${end}`);

describe("a traceparent", () => {
  it("is what the W3C says, here and in the schema", () => {
    const judged = { true: 0, false: 0 };
    fc.assert(
      fc.property(traceparent, (text) => {
        const is = judgedByW3c(text);
        judged[`${is}`] += 1;
        expect(isTraceparent(text), text).toBe(is);
        expect(SCHEMA.test(text), text).toBe(is);
        expect(readTraceparent(text) !== undefined, text).toBe(is);
      }),
      RUNS,
    );
    expect(Math.min(judged.true, judged.false)).toBeGreaterThan(RUNS.numRuns / 10);
  });

  it.each([
    ["of zeros for its trace", `00-${"0".repeat(32)}-${PARENT}-01`],
    ["of zeros for its parent", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["of version ff", `ff-${TRACE}-${PARENT}-01`],
    ["of version 00 that goes on", `00-${TRACE}-${PARENT}-01-more`],
    ["of version 00 that ends with a dash", `00-${TRACE}-${PARENT}-01-`],
    ["in capitals", `00-${TRACE.toUpperCase()}-${PARENT}-01`],
  ])("is none %s", (_what, text) => {
    expect(isTraceparent(text)).toBe(false);
    expect(readTraceparent(text)).toBeUndefined();
  });

  it("has a trace, a parent and flags, and from version 01 on perhaps more", () => {
    const read = { traceId: TRACE, parentId: PARENT };
    expect(readTraceparent(`00-${TRACE}-${PARENT}-00`)).toEqual({ ...read, flags: 0, added: undefined });
    expect(readTraceparent(`cc-${TRACE}-${PARENT}-a1-more-yet`)).toEqual({ ...read, flags: 0xa1, added: "more-yet" });
    expect(readTraceparent(`cc-${TRACE}-${PARENT}-00-`)).toEqual({ ...read, flags: 0, added: "" });
  });
});
