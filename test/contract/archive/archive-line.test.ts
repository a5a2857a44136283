import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ArchiveLine,
  CorruptLine,
  decodeLine,
  encodeLine,
  type MetLine,
  type ReceiptLine,
} from "../../../lib/contract/archive/archive-line.ts";
import { FUNCTION_ROLES } from "../../../lib/contract/deployment/function-role.ts";

const AT_MS = Date.parse("2026-11-29T14:00:00.123Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

const RECEIPT: ReceiptLine = {
  ...{ line: "receipt", atMs: AT_MS, role: "relay", attempts: 2, id: "e1", pk: "order-1", sk: "3" },
  ...{ type: "order.placed", source: "shop", destination: "orders", writtenAtMs: AT_MS - 40 },
  target: { eventId: "11710aed" },
  duplicate: true,
  event: '{"id":"e1","data":{"total":7}}',
};

/** Any text at all: quotation marks, line ends, halves of surrogate pairs. */
const text = fc.string({ unit: "binary" });
const timeMs = fc.integer({ min: 0, max: LAST_MS });

const archivedEvent = {
  pk: text.filter((pk) => pk !== ""),
  sk: fc.oneof(
    fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }).map(String),
    fc.constantFrom("0", "-1", "0.5", "-0.000001", "1".repeat(38)),
  ),
  type: text,
  source: text,
  destination: text,
  writtenAtMs: timeMs,
};
const metLine: fc.Arbitrary<MetLine> = fc.record(
  {
    line: fc.constant("met" as const),
    atMs: timeMs,
    malformed: fc.constant(true as const),
    id: text,
    ...archivedEvent,
  },
  { requiredKeys: ["line", "atMs", "pk", "sk"] },
);
const receiptLine: fc.Arbitrary<ReceiptLine> = fc.record(
  {
    line: fc.constant("receipt" as const),
    atMs: timeMs,
    id: text,
    role: fc.constantFrom(...FUNCTION_ROLES),
    attempts: fc.integer({ min: 1 }),
    destinationHash: text,
    target: fc.dictionary(
      text.filter((name) => name !== "__proto__"),
      text,
    ),
    duplicate: fc.constant(true as const),
    event: text,
    ...archivedEvent,
  },
  { requiredKeys: ["line", "atMs", "id", "role", "attempts", "pk", "sk"] },
);

describe("a line of the archive", () => {
  it("is read as it was written, whatever characters it holds, and is one line", () => {
    fc.assert(
      fc.property(fc.oneof(metLine, receiptLine), text, (line: ArchiveLine, note) => {
        const encoded = encodeLine(line, note);
        expect(encoded).not.toMatch(/[\n\r]/);
        expect(decodeLine(encoded)).toEqual({ note, line });
      }),
    );
  });

  it("of a malformed row needs nothing but its key", () => {
    const met: MetLine = { line: "met", atMs: AT_MS, malformed: true, pk: "a", sk: "1" };
    expect(decodeLine(encodeLine(met, "abc-2"))).toEqual({ note: "abc-2", line: met });
  });

  it("has flat fields and times as text, for whoever asks with SQL", () => {
    expect(JSON.parse(encodeLine(RECEIPT, "abc-1"))).toEqual({
      ...{ note: "abc-1", happened: "2026-11-29T14:00:00.123Z", written: "2026-11-29T14:00:00.083Z" },
      ...{ line: "receipt", role: "relay", attempts: 2, id: "e1", pk: "order-1", sk: "3" },
      ...{ type: "order.placed", source: "shop", destination: "orders" },
      target: { eventId: "11710aed" },
      duplicate: true,
      event: '{"id":"e1","data":{"total":7}}',
    });
  });

  it.each([
    ["before 1970", -1, 0],
    ["beyond the year 9999", LAST_MS + 1, LAST_MS],
    ["that no date can hold", Number.MAX_VALUE, LAST_MS],
    ["infinitely late", Number.POSITIVE_INFINITY, LAST_MS],
  ])("brings a time %s to the nearest that can be written", (_what, ms, nearestMs) => {
    const { line } = decodeLine(encodeLine({ ...RECEIPT, atMs: ms, writtenAtMs: ms }, "abc-1"));
    expect([line.atMs, line.writtenAtMs]).toEqual([nearestMs, nearestMs]);
  });
});

describe("a corrupt line", () => {
  const encoded = encodeLine(RECEIPT, "abc-1");
  const changed = (change: Readonly<Record<string, unknown>>) => JSON.stringify({ ...JSON.parse(encoded), ...change });

  it.each([
    ["that is empty", "", "it is not JSON"],
    ["that is cut off", encoded.slice(0, -1), "it is not JSON"],
    ["of two lines in one", `${encoded}${encoded}`, "it is not JSON"],
    ["of bytes that are no text", "\u0000\ufffd\ufffd", "it is not JSON"],
    ["that is a string", '"met"', "it is not an object"],
    ["that is null", "null", "it is not an object"],
    ["that is a list", "[]", "it is not an object"],
    ["without a note", changed({ note: undefined }), "its note is missing"],
    ["whose note is a number", changed({ note: 7 }), "its note is not a string"],
    ["without a time", changed({ happened: undefined }), "its happened is missing"],
    ["whose time is a number", changed({ happened: 7 }), "its happened is not a string"],
    ["whose time never was", changed({ happened: "2026-13-01T00:00:00.000Z" }), "its happened is not a time"],
    ["whose time is a year", changed({ happened: "1" }), "its happened is not a time"],
    ["whose row was written at no time", changed({ written: "yesterday" }), "its written is not a time"],
    ["without a key", changed({ pk: undefined }), "its pk is missing"],
    ["whose key is empty", changed({ pk: "" }), "its pk is empty"],
    ["whose sort key is a number", changed({ sk: 3 }), "its sk is not a string"],
    ...["", "x", "1e3", "-0", "01", "1.0", " 1", "1/a", "\u001b]0;owned\u0007"].map((sk) => [
      ...[`whose sort key is ${JSON.stringify(sk)}`, changed({ sk })],
      "its sk is not a number as DynamoDB writes it",
    ]),
    ["without an id", changed({ id: undefined }), "its id is missing"],
    ["whose id is a number", changed({ id: 7 }), "its id is not a string"],
    ["whose type is null", changed({ type: null }), "its type is not a string"],
    ["whose event is an object", changed({ event: {} }), "its event is not a string"],
    ["that nobody delivered", changed({ role: undefined }), "its role is none that delivers"],
    ["that somebody unknown delivered", changed({ role: "postman" }), "its role is none that delivers"],
    ...[undefined, "2", 0, 1.5, -1e9].map((attempts) => [
      ...[`of ${attempts} attempts`, changed({ attempts })],
      "its attempts are not a number of calls",
    ]),
    ["whose flag is a text", changed({ duplicate: "true" }), "its duplicate is not true"],
    ["of a row that may be malformed", changed({ line: "met", malformed: false }), "its malformed is not true"],
    ["whose target is a string", changed({ target: "e1" }), "its target is not an object of strings"],
    ["whose target holds a number", changed({ target: { offset: 7 } }), "its target is not an object of strings"],
    ["of a kind that is missing", changed({ line: undefined }), "its line is neither met nor receipt"],
    ["of a kind that is not known", changed({ line: { event: "secret" } }), "its line is neither met nor receipt"],
  ])("%s is refused, and the reason shows nothing of the event", (_what, line, reason) => {
    let thrown: unknown;
    try {
      decodeLine(line);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(CorruptLine);
    expect(thrown).toMatchObject({ name: "CorruptLine", message: reason });
  });
});
