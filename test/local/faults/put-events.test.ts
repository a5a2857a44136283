import { describe, expect, it } from "vitest";
import {
  acknowledgedIds,
  answerOf,
  eventIdOf,
  readEntries,
  readResults,
} from "../../../lib/local/faults/put-events.ts";

const body = (value: unknown) => Buffer.from(JSON.stringify(value));

describe("PutEvents on the wire", () => {
  it("finds the entries of PutEvents and of no other request", () => {
    const request = body({ Entries: [{ Detail: "{}" }] });
    expect(readEntries("AWSEvents.PutEvents", request)).toEqual([{ Detail: "{}" }]);
    expect(readEntries("AWSEvents.PutRule", request)).toBeUndefined();
    expect(readEntries(undefined, request)).toBeUndefined();
    expect(readEntries("AWSEvents.PutEvents", Buffer.from("no JSON"))).toBeUndefined();
  });

  it("reads the CloudEvent's id, and says so when there is none", () => {
    expect(eventIdOf({ Detail: JSON.stringify({ id: "a" }) })).toBe("a");
    expect(eventIdOf({ Detail: "no JSON" })).toBe("(no id)");
    expect(eventIdOf({})).toBe("(no id)");
  });

  it("counts as acknowledged what has a result without an error", () => {
    const entries = ["a", "b", "c"].map((id) => ({ Detail: JSON.stringify({ id }) }));
    expect(acknowledgedIds(entries, [{ EventId: "1" }, { ErrorCode: "InternalFailure" }])).toEqual(["a"]);
  });

  it("writes an answer that it reads again", () => {
    const results = [{ EventId: "1" }, { ErrorCode: "ThrottlingException", ErrorMessage: "slow down" }];
    expect(JSON.parse(answerOf(results).toString())).toEqual({ FailedEntryCount: 1, Entries: results });
    expect(readResults(answerOf(results))).toEqual(results);
    expect(readResults(Buffer.from("no JSON"))).toEqual([]);
  });
});
