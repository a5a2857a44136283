import { describe, expect, it } from "vitest";
import { binaryMode, dataJson } from "../../../lib/contract/codec/binary-mode.ts";
import { eventOf } from "../../aws/fixtures.ts";

const ENVELOPE = { specversion: "1.0", id: "e1", source: "shop", type: "order.placed", time: "2026-01-01T00:00:00Z" };

describe("binaryMode", () => {
  it("puts the attributes beside the payload", () => {
    const { attributes, content } = binaryMode(eventOf({ data: { total: 7 }, subject: 'a,"data":b' }));
    expect(attributes).toEqual({ ...ENVELOPE, subject: 'a,"data":b', recordedtime: "2026-01-01T00:00:00Z" });
    expect(content).toEqual({ type: "application/json", text: '{"total":7}' });
  });

  it("leaves JSON as the writer wrote it, with every digit", () => {
    const event = eventOf({ data: "kept" });
    const exact = { ...event, json: event.json.replace('"kept"', '{ "n": 1.10000000000000000001 }') };
    expect(binaryMode(exact).content?.text).toBe('{ "n": 1.10000000000000000001 }');
    expect(dataJson(exact)).toBe('{ "n": 1.10000000000000000001 }');
  });

  it("sends a text as itself", () => {
    const event = eventOf({ data: 'say "hi"\n', datacontenttype: "text/plain" });
    expect(binaryMode(event).content).toEqual({ type: "text/plain", text: 'say "hi"\n' });
    expect(dataJson(event)).toBe(JSON.stringify('say "hi"\n'));
  });

  it("has no content where the event has no data", () => {
    const event = eventOf({ data: undefined });
    expect(binaryMode(event)).toEqual({ attributes: { ...ENVELOPE, recordedtime: "2026-01-01T00:00:00Z" } });
    expect(dataJson(event)).toBeUndefined();
  });

  it("keeps the types of extensions, and tells key and sequence of an ordered event", () => {
    const event = eventOf({ extensions: { tries: 3, urgent: true }, order: { key: "order#42", sequence: 7 } });
    expect(binaryMode(event).attributes).toMatchObject({
      tries: 3,
      urgent: true,
      partitionkey: "order#42",
      sequence: "7",
    });
  });
});
