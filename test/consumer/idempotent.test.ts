import { beforeEach, describe, expect, it, vi } from "vitest";
import { type CloudEvent, type HandlerContext, idempotent } from "../../lib/consumer/index.ts";
import { HOSTILE_JSON } from "../foreigners/hostile.ts";
import { MemoryInbox } from "./memory-inbox.ts";

const EVENT: CloudEvent = {
  specversion: "1.0",
  id: "e1",
  source: "/shop",
  type: "order.placed",
  time: "2026-01-31T12:00:00Z",
  data: 1,
};

let inbox: MemoryInbox;
let now: number;
let handled: string[];
let options: Parameters<typeof idempotent>[1];

beforeEach(() => {
  inbox = new MemoryInbox();
  now = Date.parse("2026-01-31T12:00:00Z");
  handled = [];
  options = { client: inbox, table: "inbox", consumer: "stock", leaseSeconds: 60, now: () => now };
});

const handler = async ({ id }: CloudEvent) => handled.push(id);
const row = () => [...inbox.rows.values()][0];

describe("an idempotent handler", () => {
  it("runs once for an event that comes twice", async () => {
    const consume = idempotent(handler, options);
    expect(await consume(EVENT)).toBe("handled");
    expect(await consume({ ...EVENT })).toBe("duplicate");
    expect(handled).toEqual(["e1"]);
  });

  it("runs for an event of another source, and for another consumer, with the same id", async () => {
    await idempotent(handler, options)(EVENT);
    await idempotent(handler, options)({ ...EVENT, source: "/other" });
    await idempotent(handler, { ...options, consumer: "mail" })(EVENT);
    expect(handled).toHaveLength(3);
  });

  it("counts both ends, in CloudWatch's embedded metric format, where that is asked for", async () => {
    const line = vi.spyOn(console, "log").mockReturnValue();
    const silent = idempotent(handler, options);
    await silent(EVENT);
    expect(line).not.toHaveBeenCalled();
    const counting = idempotent(handler, { ...options, consumer: "mail", metrics: true });
    await counting(EVENT);
    await counting(EVENT);
    const directive = { Namespace: "OutboxRelay", Dimensions: [["consumer"]] };
    const Metrics = [
      { Name: "InboxHandled", Unit: "Count" },
      { Name: "InboxDuplicates", Unit: "Count" },
    ];
    const counted = { consumer: "mail", _aws: { Timestamp: now, CloudWatchMetrics: [{ ...directive, Metrics }] } };
    expect(line.mock.calls.map(([text]) => JSON.parse(String(text)))).toEqual([
      { ...counted, InboxHandled: 1, InboxDuplicates: 0 },
      { ...counted, InboxHandled: 0, InboxDuplicates: 1 },
    ]);
  });

  it("counts no attempt that fails", async () => {
    const line = vi.spyOn(console, "log").mockReturnValue();
    const failing = idempotent(() => Promise.reject(new Error("no stock")), { ...options, metrics: true });
    await expect(failing(EVENT)).rejects.toThrow("no stock");
    expect(line).not.toHaveBeenCalled();
  });

  it("marks the event done after the handler, not before", async () => {
    await idempotent(async () => expect(row()).toMatchObject({ state: { S: "running" } }), options)(EVENT);
    expect(row()).toMatchObject({ state: { S: "done" } });
    expect(row()).not.toHaveProperty("leaseUntil");
  });

  it("gives the event back when the handler fails, so that the next attempt begins at once", async () => {
    const failing = idempotent(() => Promise.reject(new Error("no stock")), options);
    await expect(failing(EVENT)).rejects.toThrow("no stock");
    expect(await idempotent(handler, options)(EVENT)).toBe("handled");
  });

  it("tells both, when giving it back fails too", async () => {
    const failing = idempotent(async () => {
      inbox.next = { error: new Error("no network"), written: false };
      throw new Error("no stock");
    }, options);
    await expect(failing(EVENT)).rejects.toMatchObject({
      errors: [{ message: "no stock" }, { message: "no network" }],
    });
  });

  it("fails as its table fails, before the handler and after it", async () => {
    const error = new Error("no network");
    inbox.next = { error, written: false };
    await expect(idempotent(handler, options)(EVENT)).rejects.toBe(error);
    expect(handled).toEqual([]);
    const marking = idempotent(async () => {
      inbox.next = { error, written: false };
    }, options);
    await expect(marking(EVENT)).rejects.toBe(error);
  });

  it("has its lease for as long as the options say where nobody knows the function's end", async () => {
    const leases: unknown[] = [];
    await idempotent(async () => leases.push(row()?.["leaseUntil"]), options)(EVENT);
    expect(leases).toEqual([{ N: String(now + 60_000) }]);
  });

  it("finds an event by consumer, source and id as they are, or by their hash where they are too long for a key", async () => {
    const around = JSON.stringify(["stock", "/shop", ""]).length;
    const keyOf = async (id: string) => {
      inbox.rows.clear();
      await idempotent(handler, options)({ ...EVENT, id });
      return [...inbox.rows.keys()][0];
    };
    expect(await keyOf("e1")).toBe('["stock","/shop","e1"]');
    expect(await keyOf("x".repeat(2_048 - around))).toContain("xxx");
    expect(await keyOf("x".repeat(2_049 - around))).toMatch(/^[0-9a-f]{64}$/);
  });

  it("keeps others off while an attempt is under way, and lets one in when its process has died", async () => {
    // The process dies in the middle: nothing runs after the handler.
    const died = idempotent(() => new Promise(() => {}), options);
    died(EVENT).catch(() => {});
    await new Promise(setImmediate);
    await expect(idempotent(handler, options)(EVENT)).rejects.toMatchObject({ name: "EventInProgressError" });
    now += 61_000;
    expect(await idempotent(handler, options)(EVENT)).toBe("handled");
  });

  it("holds its lease until Lambda stops it, where that is known", async () => {
    const context: HandlerContext = { deadlineMs: now + 5_000 };
    const consume = idempotent(
      async () => expect(row()).toMatchObject({ leaseUntil: { N: `${now + 6_000}` } }),
      options,
    );
    await consume(EVENT, context);
    expect.assertions(1);
  });

  it("tells an attempt that outlived its lease", async () => {
    const slow = idempotent(async () => {
      now += 61_000;
      await idempotent(handler, options)(EVENT);
    }, options);
    await expect(slow(EVENT)).rejects.toMatchObject({ name: "LeaseLostError" });
    expect(row()).toMatchObject({ state: { S: "done" } });
  });

  it("does not give back what another attempt holds by now", async () => {
    const slow = idempotent(async () => {
      now += 61_000;
      await idempotent(handler, options)(EVENT);
      throw new Error("too late");
    }, options);
    await expect(slow(EVENT)).rejects.toThrow("too late");
    expect(row()).toMatchObject({ state: { S: "done" } });
  });

  it("goes on with its own lease when the answer to taking it was lost and the SDK took it again", async () => {
    const send = inbox.send.bind(inbox);
    let first = true;
    inbox.send = async (command) => {
      if (first) await send(command);
      first = false;
      return send(command);
    };
    expect(await idempotent(handler, options)(EVENT)).toBe("handled");
  });

  it("forgets the event after the set time, also where DynamoDB has not deleted it yet", async () => {
    await idempotent(handler, options)(EVENT);
    const fifteenDays = 1_296_000;
    expect(row()).toMatchObject({ expiresAt: { N: `${now / 1_000 + fifteenDays}` } });
    now += (fifteenDays + 1) * 1_000;
    expect(await idempotent(handler, options)(EVENT)).toBe("handled");
  });

  it("refuses another event with the id of one it knows, rather than lose it", async () => {
    await idempotent(handler, options)(EVENT);
    const other = { ...EVENT, time: "2026-02-01T00:00:00Z" };
    await expect(idempotent(handler, options)(other)).rejects.toMatchObject({ name: "EventIdReusedError" });
  });

  it("shows in bounded room what an event says of itself", async () => {
    const long = "x".repeat(200_000);
    const event = { ...EVENT, id: long, source: long, type: long, time: long };
    await idempotent(handler, options)(event);
    const error: unknown = await idempotent(handler, options)({ ...event, time: `${long}y` }).catch((it) => it);
    expect(error).toMatchObject({ name: "EventIdReusedError" });
    expect(String(error).length).toBeLessThan(2_500);
  });

  it("names both events where an id is used again", async () => {
    const { time: _none, ...timeless } = EVENT;
    await idempotent(handler, options)(EVENT);
    await expect(idempotent(handler, options)({ ...timeless, type: "u" })).rejects.toThrow(
      'The id "e1" of "/shop" came before with type "order.placed" and time "2026-01-31T12:00:00Z", and now with "u" and ' +
        "undefined: each event needs an id of its own.",
    );
  });

  it("takes a time of null for none, as CloudEvents' JSON says it", async () => {
    const timeless = { ...EVENT, time: null } as unknown as CloudEvent;
    expect(await idempotent(handler, options)(timeless)).toBe("handled");
    expect(row()).toMatchObject({ time: { S: "" } });
    expect(await idempotent(handler, options)(timeless)).toBe("duplicate");
    const { time: _none, ...without } = EVENT;
    expect(await idempotent(handler, options)(without)).toBe("duplicate");
  });

  it.each(["a number", "a list of one", "deep lists"])("refuses a time that is %s, and marks nothing", async (what) => {
    const event = { ...EVENT, time: JSON.parse(HOSTILE_JSON[what] ?? "") };
    const kind = what === "a number" ? what : "a list";
    await expect(idempotent(handler, options)(event)).rejects.toMatchObject({
      ...{ name: "NotACloudEventError", message: `time is ${kind}: it must be a string.` },
    });
    expect(inbox.rows.size).toBe(0);
    expect(handled).toEqual([]);
  });

  it.each([
    ["a lease without an end", undefined, "the end of its row"],
    ["a lease that ends at no date", { N: "9E+125" }, "the end of its row"],
    ["a lease", { N: String(Date.parse("2026-01-31T12:01:00Z")) }, "2026-01-31T12:01:00.000Z"],
  ])("waits for the attempt of a row with %s", async (_what, leaseUntil, until) => {
    void idempotent(() => new Promise(() => {}), options)(EVENT);
    await new Promise(setImmediate);
    const { leaseUntil: _own, ...others } = row() ?? {};
    inbox.rows.set('["stock","/shop","e1"]', leaseUntil === undefined ? others : { ...others, leaseUntil });
    await expect(idempotent(handler, options)(EVENT)).rejects.toMatchObject({
      ...{
        name: "EventInProgressError",
        message: expect.stringContaining(`"e1" is in progress, until ${until} at most.`),
      },
    });
  });

  describe("that checks payloads", () => {
    const checked = (work: typeof handler = handler) => idempotent(work, { ...options, checkPayload: true });

    it("refuses an event with the id of another and other data, which would be lost as its duplicate", async () => {
      await checked()(EVENT);
      await expect(checked()({ ...EVENT, data: 2 })).rejects.toMatchObject({
        name: "EventIdReusedError",
        message: 'The id "e1" of "/shop" came before with other data: each event needs an id of its own.',
      });
      await expect(checked()({ ...EVENT, data: undefined, dataref: "s3://b/k" })).rejects.toThrow("other data");
    });

    it("looks at data that is bytes, too", async () => {
      const bytes = { ...EVENT, data: undefined, data_base64: "AQID" };
      await checked()(bytes);
      expect(await checked()({ ...bytes })).toBe("duplicate");
      await expect(checked()({ ...bytes, data_base64: "AQIE" })).rejects.toThrow("other data");
    });

    it("knows a duplicate whose fields come in another order", async () => {
      const data = { a: [{ b: 1, c: null }], d: "x" };
      await checked()({ ...EVENT, data });
      expect(await checked()({ ...EVENT, data: { d: "x", a: [{ c: null, b: 1 }] } })).toBe("duplicate");
      await expect(checked()({ ...EVENT, data: { d: "x", a: [{ c: 0, b: 1 }] } })).rejects.toThrow("other data");
    });

    it("refuses it while the first is under way, too", async () => {
      await checked(async () => {
        await expect(checked()({ ...EVENT, data: 2 })).rejects.toThrow("other data");
        return 1;
      })(EVENT);
      expect.assertions(1);
    });

    it("takes an event it has handled before the check was switched on for a duplicate", async () => {
      await idempotent(handler, options)(EVENT);
      expect(row()).not.toHaveProperty("payload");
      expect(await checked()({ ...EVENT, data: 2 })).toBe("duplicate");
    });

    it("takes data of any depth", async () => {
      const data = JSON.parse(HOSTILE_JSON["deep objects"] ?? "");
      expect(await checked()({ ...EVENT, data })).toBe("handled");
      expect(await checked()({ ...EVENT, data })).toBe("duplicate");
      await expect(checked()({ ...EVENT, data: data.a })).rejects.toThrow("other data");
    });

    it("keeps a hash, and nothing of the data", async () => {
      await checked()({ ...EVENT, data: "secret" });
      expect(row()?.["payload"]?.S).toMatch(/^[\w-]{43}$/);
      expect(JSON.stringify(row())).not.toContain("secret");
    });
  });

  it("keeps keys within DynamoDB's limit, and apart", async () => {
    const consume = idempotent(handler, options);
    await consume({ ...EVENT, id: "x".repeat(3_000) });
    await consume({ ...EVENT, id: `${"x".repeat(3_000)}y` });
    expect(handled).toHaveLength(2);
    for (const key of inbox.rows.keys()) expect(Buffer.byteLength(key)).toBeLessThanOrEqual(2_048);
  });

  it.each(["table", "consumer"] as const)("needs %s", (name) => {
    expect(() => idempotent(handler, { ...options, [name]: "" })).toThrow(
      `inbox.${name} is "": it must be a string that is not empty.`,
    );
  });

  it.each<[string, number, RegExp]>([
    [
      "keepSeconds",
      0,
      /^inbox\.keepSeconds is 0: it must be an integer from 900 to 315360000 \(a lease ends with its row/,
    ],
    ["keepSeconds", -1, /^inbox\.keepSeconds is -1/],
    ["keepSeconds", Number.NaN, /^inbox\.keepSeconds is NaN/],
    ["keepSeconds", 1_296_000.5, /^inbox\.keepSeconds is 1296000.5/],
    ["keepSeconds", 1_296_000_000, /^inbox\.keepSeconds is 1296000000/],
    ["leaseSeconds", 0, /^inbox\.leaseSeconds is 0: it must be an integer from 1 to 86400\.$/],
    ["leaseSeconds", Number.NaN, /^inbox\.leaseSeconds is NaN/],
    ["checkPayload", 1, /^inbox\.checkPayload is 1: it must be true or false\.$/],
    ["keepSecond", 900, /^inbox\.keepSecond is 900: there is no such setting/],
  ])("is not made with %s of %d", (name, value, refusal) => {
    expect(() => idempotent(handler, { ...options, [name]: value })).toThrow(
      expect.objectContaining({ name: "SettingError", message: expect.stringMatching(refusal) }),
    );
  });

  it("is not made with a memory that is shorter than its lease, which would let a second attempt in", () => {
    const make = (keepSeconds: number) => idempotent(handler, { ...options, leaseSeconds: 3_600, keepSeconds });
    expect(() => make(3_599)).toThrow("inbox.keepSeconds is 3599: it must be an integer from 3600 to 315360000");
    expect(() => make(3_600)).not.toThrow();
  });
});
