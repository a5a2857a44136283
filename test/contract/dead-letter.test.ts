import { describe, expect, it } from "vitest";
import { type DeadLetter, deadLetterText, readDeadLetter } from "../../lib/contract/dead-letter.ts";
import { times, worldOf } from "../world/world.ts";

function deadLetterOf(data: unknown): DeadLetter {
  const { row } = worldOf().write({ data });
  return {
    key: row.key,
    id: "e1",
    content: row.content,
    failure: { class: "transient", scope: "target", code: "ServiceUnavailable", message: "503" },
    attempts: 5,
    firstFailureMs: Date.parse("2026-01-01T00:00:00Z"),
    parkedMs: Date.parse("2026-01-01T00:00:20Z"),
  };
}

describe("a dead letter", () => {
  it("carries the whole event and its history", () => {
    expect(JSON.parse(deadLetterText(deadLetterOf({ total: 1 }), 1_000_000))).toEqual({
      format: "outbox-dead-letter/1",
      pk: "e1",
      sk: "1",
      id: "e1",
      class: "transient",
      scope: "target",
      code: "ServiceUnavailable",
      error: "503",
      attempts: 5,
      firstFailure: "2026-01-01T00:00:00.000Z",
      parked: "2026-01-01T00:00:20.000Z",
      event: expect.objectContaining({ id: "e1", data: { total: 1 } }),
    });
  });

  it("is a pointer where the event is too large for a message", () => {
    const text = deadLetterText(deadLetterOf("x".repeat(2_000)), 1_000);
    expect(Buffer.byteLength(text)).toBeLessThan(1_000);
    expect(JSON.parse(text)).toMatchObject({ pk: "e1", pointer: true });
    expect(readDeadLetter(text)).toEqual({ kind: "event", key: { pk: "e1", sk: "1" }, id: "e1" });
  });

  it("is read back by its key and id", () => {
    expect(readDeadLetter(deadLetterText(deadLetterOf(1), 1_000_000))).toEqual({
      kind: "event",
      key: { pk: "e1", sk: "1" },
      id: "e1",
    });
  });

  it.each([
    [7, "7"],
    [1.5, "1.5"],
    [1e21, "1000000000000000000000"],
    ["1764328543123456789", "1764328543123456789"],
    ["1.0", "1"],
    ["1E+2", "100"],
    ["-0", "0"],
  ])("is read with the sort key %j, whatever its notation, as DynamoDB writes it: %s", (sk, read) => {
    const text = JSON.stringify({ format: "outbox-dead-letter/1", pk: "k", sk, id: "e1" });
    expect(readDeadLetter(text)).toEqual({ kind: "event", key: { pk: "k", sk: read }, id: "e1" });
  });

  it.each([null, true, "", "one", [1], { N: "1" }, "1e500"])("with the sort key %j is not ours", (sk) => {
    expect(readDeadLetter(JSON.stringify({ format: "outbox-dead-letter/1", pk: "k", sk }))).toEqual({
      kind: "unrecognised",
    });
  });

  it.each(["", "k".repeat(2_049), "\ud800", null, 1])("with the partition key %j is not ours", (pk) => {
    expect(readDeadLetter(JSON.stringify({ format: "outbox-dead-letter/1", pk, sk: "1" }))).toEqual({
      kind: "unrecognised",
    });
  });

  it("of the event source mapping counts for one where its size is none", () => {
    for (const batchSize of [1e308, -1, 0, 0.5, 10_001]) {
      const text = JSON.stringify({ DDBStreamBatchInfo: { batchSize } });
      expect(readDeadLetter(text)).toEqual({ kind: "stream-positions", records: 1 });
    }
  });

  it.each([
    {},
    [],
    null,
    "s",
    { batchSize: "9" },
    { batchSize: null },
    { batchSize: [9] },
    { batchSize: { toString: 1, valueOf: 1 } },
  ])("with the stream positions %j is not ours: it is kept, and not deleted", (DDBStreamBatchInfo) => {
    expect(readDeadLetter(JSON.stringify({ DDBStreamBatchInfo }))).toEqual({ kind: "unrecognised" });
  });

  it.each(["null", "7", "true", '"x"', "[]", '{"toString":1}', '{"__proto__":{"format":"outbox-dead-letter/1"}}', "{"])(
    "is not %s",
    (text) => expect(readDeadLetter(text)).toEqual({ kind: "unrecognised" }),
  );

  it("of the event source mapping is recognised by its stream positions", () => {
    const text = JSON.stringify({
      requestContext: { condition: "RetryAttemptsExhausted", approximateInvokeCount: 4 },
      version: "1.0",
      DDBStreamBatchInfo: { shardId: "shardId-1", startSequenceNumber: "1", endSequenceNumber: "9", batchSize: 9 },
    });
    expect(readDeadLetter(text)).toEqual({ kind: "stream-positions", records: 9 });
  });

  it.each(["", "hello", "null", "[]", "{}", '{"format":"outbox-dead-letter/1","pk":1,"sk":1}', '"text"'])(
    "that is not ours is told apart: %s",
    (text) => {
      expect(readDeadLetter(text)).toEqual({ kind: "unrecognised" });
    },
  );

  it("past 100,000 waiting ones is left out for a failure of the target's, whose row is the wake-up", async () => {
    const { relayProcess, write, target, deadLetters, clock } = worldOf();
    deadLetters.depth = async () => ({ visible: 60_000, hidden: 40_000 });
    target.script = ({ id }) => ({
      class: "permanent",
      scope: id === "e1" ? "event" : "target",
      code: "No",
      message: "no",
    });
    const { invoke } = relayProcess();
    await invoke(times(5, () => write()));
    expect(deadLetters.bodies.map(({ id }) => id)).toEqual(["e1"]);
    deadLetters.depth = async () => ({ visible: 0, hidden: 0 });
    clock.skip(31_000);
    await invoke([write()]);
    expect(deadLetters.messages).toHaveLength(2);
  });
});
