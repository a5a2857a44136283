import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  type CloudEvent,
  idempotent,
  inboxEntry,
  withDocumentTransaction,
  withTransaction,
} from "../../lib/consumer/index.ts";
import { MemoryInbox } from "./memory-inbox.ts";

const EVENT: CloudEvent = {
  specversion: "1.0",
  id: "e1",
  source: "/shop",
  type: "t",
  time: "2026-01-31T12:00:00Z",
  data: 1,
};
const WRITE = { Update: { TableName: "stock", Key: { sku: { S: "a" } }, UpdateExpression: "SET stock = stock - :n" } };

let inbox: MemoryInbox;
let calls: number;
let options: Parameters<typeof withTransaction>[1];

beforeEach(() => {
  inbox = new MemoryInbox();
  calls = 0;
  options = { client: inbox, table: "inbox", consumer: "stock", now: () => Date.parse("2026-01-31T12:00:00Z") };
});

const effect = async () => {
  calls += 1;
  return [WRITE];
};

describe("a handler with a transaction", () => {
  it("commits effect and mark together, once", async () => {
    const consume = withTransaction(effect, options);
    expect(await consume(EVENT)).toBe("handled");
    expect(await consume(EVENT)).toBe("duplicate");
    expect(inbox.effects).toEqual([WRITE]);
    expect(calls).toBe(1);
  });

  it("counts one of two that run at one time as handled, and one as a duplicate, where that is asked for", async () => {
    const line = vi.spyOn(console, "log").mockReturnValue();
    const consume = withTransaction(effect, { ...options, metrics: true });
    await Promise.all([consume(EVENT), consume(EVENT)]);
    await consume(EVENT);
    const counts = line.mock.calls.map(([text]) => JSON.parse(String(text)));
    expect(counts.map(({ InboxHandled, InboxDuplicates }) => [InboxHandled, InboxDuplicates])).toEqual([
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
  });

  it("refuses an event with the id of another and other data, where payloads are checked", async () => {
    const consume = withTransaction(effect, { ...options, checkPayload: true });
    await consume(EVENT);
    await expect(consume({ ...EVENT, data: 2 })).rejects.toMatchObject({ name: "EventIdReusedError" });
    // Two at the same time: the read finds nothing, and the mark decides.
    const other = { ...EVENT, id: "e2" };
    const ends = await Promise.allSettled([consume(other), consume({ ...other, data: 2 })]);
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(inbox.effects).toEqual([WRITE, WRITE]);
  });

  it("commits once of two that run at one time", async () => {
    const consume = withTransaction(effect, options);
    const outcomes = await Promise.all([consume(EVENT), consume(EVENT)]);
    expect([...outcomes].sort()).toEqual(["duplicate", "handled"]);
    expect(calls).toBe(2);
    expect(inbox.effects).toEqual([WRITE]);
  });

  it("commits once when the process dies after the commit", async () => {
    inbox.next = undefined;
    const dying = withTransaction(async () => {
      inbox.next = { error: Object.assign(new Error("gone"), { name: "TimeoutError" }), written: true };
      return [WRITE];
    }, options);
    await expect(dying(EVENT)).rejects.toMatchObject({ name: "AmbiguousCommitError" });
    expect(await withTransaction(effect, options)(EVENT)).toBe("duplicate");
    expect(inbox.effects).toEqual([WRITE]);
  });

  it("leaves the event unmarked when the effect fails", async () => {
    await expect(withTransaction(() => Promise.reject(new Error("no")), options)(EVENT)).rejects.toThrow("no");
    expect(await withTransaction(effect, options)(EVENT)).toBe("handled");
  });

  it("marks an event that changes nothing", async () => {
    expect(await withTransaction(async () => [], options)(EVENT)).toBe("handled");
    expect(await withTransaction(effect, options)(EVENT)).toBe("duplicate");
  });

  it("waits for an attempt of the other kind that is under way", async () => {
    const slow = idempotent(
      () => expect(withTransaction(effect, options)(EVENT)).rejects.toThrow(/is in progress/),
      options,
    );
    await slow(EVENT);
    expect.assertions(1);
  });

  it("refuses another event with the id of one it knows", async () => {
    await withTransaction(effect, options)(EVENT);
    await expect(withTransaction(effect, options)({ ...EVENT, type: "u" })).rejects.toMatchObject({
      name: "EventIdReusedError",
    });
  });

  it("takes writes with native values", async () => {
    const item = { Put: { TableName: "stock", Item: { sku: "a", left: 3 } } };
    await withDocumentTransaction(async () => [item], options)(EVENT);
    expect(inbox.effects).toEqual([{ Put: { TableName: "stock", Item: { sku: { S: "a" }, left: { N: "3" } } } }]);
  });

  it("gives the mark alone, for a transaction of the caller's own", () => {
    expect(inboxEntry(EVENT, options)).toMatchObject({ Put: { TableName: "inbox", Item: { state: { S: "done" } } } });
  });
});
