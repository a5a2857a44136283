import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  type CloudEvent,
  DEFAULT_KEEP_SECONDS,
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
let now: number;
let options: Parameters<typeof withTransaction>[1];

beforeEach(() => {
  inbox = new MemoryInbox();
  calls = 0;
  now = Date.parse("2026-01-31T12:00:00Z");
  options = { client: inbox, table: "inbox", consumer: "stock", leaseSeconds: 60, now: () => now };
});

const effect = async () => {
  calls += 1;
  return [WRITE];
};

const FAILED = { Code: "ConditionalCheckFailed" };

/** How an event ends whose transaction is cancelled the first time, for one reason for each write and one for the mark. */
function ending(...CancellationReasons: readonly object[]) {
  const error = new TransactionCanceledException({
    $metadata: {},
    message: "cancelled",
    CancellationReasons: [...CancellationReasons],
  });
  const writes = CancellationReasons.slice(1).map(() => WRITE);
  const cancelled = async () => {
    inbox.next = { error, written: false };
    return writes;
  };
  return withTransaction(cancelled, options)(EVENT);
}

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

  it("is not repeated once DynamoDB may have forgotten its token", async () => {
    const dying = withTransaction(async () => {
      inbox.next = { error: Object.assign(new Error("gone"), { name: "TimeoutError" }), written: false };
      return [WRITE];
    }, options);
    const error = await dying(EVENT).catch((caught) => caught);
    now += 10 * 60_000;
    await expect(error.repeat()).rejects.toMatchObject({ name: "TooLateToRepeatError" });
    expect(inbox.effects).toEqual([]);
  });

  it("waits a little before it tries again after a conflict", async () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0.99);
    const startMs = performance.now();
    expect(await ending({ Code: "TransactionConflict" }, { Code: "None" })).toBe("handled");
    expect(performance.now() - startMs).toBeGreaterThan(20);
    random.mockRestore();
  });

  it("is a duplicate where the writes fail for the first time's effects, as the mark of that time tells", async () => {
    const marked = { ...FAILED, Item: inboxEntry(EVENT, options).Put?.Item };
    expect(await ending(FAILED, { Code: "None" }, marked)).toBe("duplicate");
    expect(await ending({ Code: "None" }, { Code: "None" }, marked)).toBe("duplicate");
  });

  it("leaves the event unmarked when a condition of the writes does not hold", async () => {
    await expect(ending(FAILED, { Code: "None" })).rejects.toMatchObject({
      name: "BusinessConditionError",
      failures: [{ index: 0 }],
    });
    expect(inbox.rows.size).toBe(0);
  });

  it("forgets the event after the set time, also where DynamoDB has not deleted it yet", async () => {
    const consume = withTransaction(effect, options);
    await consume(EVENT);
    now += DEFAULT_KEEP_SECONDS * 1_000;
    expect(await consume(EVENT)).toBe("duplicate");
    now += 1;
    expect(await consume(EVENT)).toBe("handled");
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

  it("goes on where an attempt of the other kind died, once its lease is over", async () => {
    void idempotent(() => new Promise(() => {}), options)(EVENT);
    await new Promise(setImmediate);
    const consume = withTransaction(effect, options);
    now += 60_000;
    await expect(consume(EVENT)).rejects.toMatchObject({ name: "EventInProgressError" });
    now += 1;
    expect(await consume(EVENT)).toBe("handled");
  });

  it("marks for the other kind, too", async () => {
    await withTransaction(effect, options)(EVENT);
    expect(await idempotent(effect, options)(EVENT)).toBe("duplicate");
    expect(calls).toBe(1);
  });

  it.each([
    ["plain", withTransaction],
    ["native", withDocumentTransaction],
  ])("refuses an effect that is no list of writes, and marks nothing: %s", async (_values, handlerOf) => {
    const consume = handlerOf(async () => [Promise.resolve(WRITE)] as never, options);
    await expect(consume(EVENT)).rejects.toThrow("items[0] is a promise: await it");
    expect(inbox.rows.size).toBe(0);
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
