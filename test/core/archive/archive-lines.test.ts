import { describe, expect, it } from "vitest";
import type { ReceiptLine } from "../../../lib/contract/archive/archive-line.ts";
import { destinationHash } from "../../../lib/contract/archive/destination-hash.ts";
import {
  type Acknowledged,
  metLine,
  type ReceiptOptions,
  receiptLines,
} from "../../../lib/core/archive/archive-lines.ts";
import { ACKNOWLEDGED, ACKNOWLEDGED_BEFORE, acknowledgedAs, type PublishResult } from "../../../lib/core/ports.ts";
import { eventOf, itemOf } from "../../aws/fixtures.ts";
import { recordOf } from "../../world/world.ts";

const WRITTEN_MS = Date.parse("2026-01-01T00:00:00Z");
const AT_MS = WRITTEN_MS + 1_234;
const OPTIONS: ReceiptOptions = { role: "relay", destination: "orders", atMs: AT_MS, withPayload: false };

function onlyReceipt(acknowledged: Acknowledged, options: ReceiptOptions): ReceiptLine {
  const [line] = receiptLines([acknowledged], options);
  if (line === undefined) throw new Error("No line was made");
  return line;
}
const receiptOf = (answer: PublishResult | undefined, options = OPTIONS, change = {}) =>
  onlyReceipt({ event: eventOf(change), attempts: 2, answer }, options);

describe("a receipt", () => {
  it("says which event it was, where it went, when, by whom, and in how many calls", () => {
    expect(receiptOf(ACKNOWLEDGED)).toStrictEqual({
      ...{ line: "receipt", id: "e1", pk: "e1", sk: "1", type: "order.placed", source: "shop" },
      ...{ destination: "orders", writtenAtMs: WRITTEN_MS, atMs: AT_MS, role: "relay", attempts: 2 },
      destinationHash: destinationHash("orders"),
    });
  });

  it("names key and sequence of an ordered event", () => {
    const line = receiptOf(ACKNOWLEDGED, OPTIONS, { order: { key: "order#42", sequence: 7 } });
    expect(line).toMatchObject({ pk: "order#42" });
    expect(Number(line.sk)).toBe(7);
  });

  it("does not say when the row was written where nobody knows", () => {
    const { recordedAtMs: _recordedAtMs, ...event } = eventOf();
    const line = onlyReceipt({ event, attempts: 1, answer: ACKNOWLEDGED }, OPTIONS);
    expect("writtenAtMs" in line).toBe(false);
  });

  it("has the target's own id, where the target told one", () => {
    expect(receiptOf(acknowledgedAs({ eventId: "11" }))).toMatchObject({ target: { eventId: "11" } });
    expect(receiptOf(ACKNOWLEDGED)).not.toHaveProperty("target");
    expect(receiptOf(undefined)).not.toHaveProperty("target");
  });

  it("says that the target had the event already, where it said so", () => {
    expect(receiptOf(ACKNOWLEDGED_BEFORE)).toMatchObject({ duplicate: true });
    expect(receiptOf(ACKNOWLEDGED)).not.toHaveProperty("duplicate");
  });

  it("holds the CloudEvent where payloads are kept, and nothing of it elsewhere", () => {
    const event = eventOf();
    expect(receiptOf(ACKNOWLEDGED, { ...OPTIONS, withPayload: true })).toMatchObject({ event: event.json });
    expect(JSON.stringify(receiptOf(ACKNOWLEDGED))).not.toContain("total");
  });

  it("shows no credentials of a URL", () => {
    const destination = "https://user:secret@example.com/hook";
    const text = JSON.stringify(receiptOf(ACKNOWLEDGED, { ...OPTIONS, destination }));
    expect(text).toContain("not shown, a URL of 36 characters");
    expect(text).not.toContain("secret");
  });

  it("names a destination of the deployment's own, as a row alone may not", () => {
    const destination = "Orders.Contracts:OrderPlaced";
    expect(receiptOf(ACKNOWLEDGED, { ...OPTIONS, destination })).toMatchObject({ destination });
    expect(metLine(recordOf(itemOf(), "1", WRITTEN_MS), AT_MS, destination)).toMatchObject({
      destination: "(not shown, a string of 28 characters)",
    });
  });

  it("tells destinations apart of which it shows the same, and gives no path away", () => {
    const of = (path: string) => receiptOf(ACKNOWLEDGED, { ...OPTIONS, destination: `https://hooks.example/${path}` });
    expect(of("team-a").destination).toBe(of("team-b").destination);
    expect(of("team-a").destinationHash).not.toBe(of("team-b").destinationHash);
    expect(of("team-a").destinationHash).toMatch(/^[\da-f]{16}$/);
  });
});

describe("a line of what the stream brought", () => {
  const record = (item: ReturnType<typeof itemOf>) => recordOf(item, "1", WRITTEN_MS + 100);

  it("says which event it was, when its row was written, and where it is to go", () => {
    expect(metLine(record(itemOf()), AT_MS, "orders")).toStrictEqual({
      ...{ line: "met", id: "e1", pk: "e1", sk: "1", type: "order.placed", source: "shop" },
      ...{ destination: "orders", writtenAtMs: WRITTEN_MS + 100, atMs: AT_MS },
    });
  });

  it("has of a malformed row its key, and its id where it has one", () => {
    const { type: _type, ...item } = itemOf();
    const malformed = {
      ...{ line: "met", malformed: true, pk: "e1", sk: "1" },
      ...{ writtenAtMs: WRITTEN_MS + 100, atMs: AT_MS },
    };
    expect(metLine(record(item), AT_MS, "")).toStrictEqual({ ...malformed, id: "e1" });
    const { id: _id, ...nameless } = item;
    expect(metLine(record(nameless), AT_MS, "")).toStrictEqual(malformed);
  });
});
