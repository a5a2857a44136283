import { describe, expect, it, vi } from "vitest";
import { type HandleEventsOptions, handleEvents } from "../../lib/consumer/index.ts";
import { THROWN } from "../foreigners/hostile.ts";
import {
  base64,
  binary,
  event,
  eventBridge,
  json,
  kafka,
  kinesis,
  pipesKinesis,
  rabbit,
  rabbitMq,
  sqs,
} from "./invocations.ts";

describe("a handler of events", () => {
  const told: unknown[] = [];
  const onFailure = (error: unknown, recordId: string | undefined) => told.push([recordId, (error as Error).name]);
  const failingOn = (...ids: readonly string[]) => {
    const seen: string[] = [];
    const handle = handleEvents(
      async ({ id }) => {
        seen.push(id);
        if (ids.includes(id)) throw new RangeError("refused");
      },
      { onFailure },
    );
    return { seen, handle };
  };

  it("reports from SQS the messages that failed, malformed ones too, and handles the others", async () => {
    told.length = 0;
    const { seen, handle } = failingOn("b");
    const response = await handle(sqs(["1", json("a")], ["2", json("b")], ["3", "hello"], ["4", json("d")]));
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: "2" }, { itemIdentifier: "3" }] });
    expect(seen).toEqual(["a", "b", "d"]);
    expect(told.toSorted()).toEqual([
      ["2", "RangeError"],
      ["3", "NotACloudEventError"],
    ]);
  });

  it("tells of a failure on standard error, with no payload, where nobody listens", async () => {
    const line = vi.spyOn(console, "error").mockReturnValue();
    const failures: readonly unknown[] = [new RangeError("refused"), "no stock"];
    const handle = handleEvents(async ({ id }) => Promise.reject(failures[Number(id)]), { concurrency: 1 });
    await handle(sqs(["m0", json("0")], ["m1", json("1")]));
    const told = { level: "ERROR", message: "An event was not handled" };
    const stack = expect.stringContaining("handle-events");
    expect(line.mock.calls.map(([text]) => JSON.parse(String(text)))).toEqual([
      { ...told, recordId: "m0", error: { name: "RangeError", message: "refused", stack } },
      { ...told, recordId: "m1", error: { name: "Error", message: "no stock", stack } },
    ]);
    line.mockRestore();
  });

  it.each(Object.entries(THROWN))(
    "reports one message, and not the batch, for a handler that throws %s",
    async (_what, make) => {
      const line = vi.spyOn(console, "error").mockReturnValue();
      const handle = handleEvents(async ({ id }) => {
        if (id === "b") throw make();
      });
      const response = await handle(sqs(["1", json("a")], ["2", json("b")], ["3", json("c")]));
      expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: "2" }] });
      expect(line.mock.calls.map(([text]) => JSON.parse(String(text)))).toEqual([
        {
          ...{ level: "ERROR", message: "An event was not handled", recordId: "2" },
          error: expect.objectContaining({ name: expect.any(String), message: expect.any(String) }),
        },
      ]);
      line.mockRestore();
    },
  );

  it("lets nothing of a FIFO group overtake what failed, and goes on with other groups", async () => {
    const { seen, handle } = failingOn("a1");
    const batch = sqs(["1", json("a1"), "a"], ["2", json("b1"), "b"], ["3", json("a2"), "a"], ["4", json("b2"), "b"]);
    expect(await handle(batch)).toEqual({ batchItemFailures: [{ itemIdentifier: "1" }, { itemIdentifier: "3" }] });
    expect(seen).toEqual(["a1", "b1", "b2"]);
  });

  it("reports a message of no shape at all, and handles those beside it", async () => {
    const { Records } = sqs(["1", json("a")], ["3", json("c")]);
    const { seen, handle } = failingOn();
    const odd = [null, 5, {}, { messageId: 6, eventSourceARN: 6 }, { messageId: "2", body: { an: "object" } }];
    expect(await handle({ Records: [...Records.slice(0, 1), ...odd, ...Records.slice(1)] })).toEqual({
      batchItemFailures: [...["", "", "", "", "2"].map((itemIdentifier) => ({ itemIdentifier }))],
    });
    expect(seen).toEqual(["a", "c"]);
  });

  it("takes the group of a standard queue for a tenant, of whose messages each is on its own", async () => {
    const { seen, handle } = failingOn("a1");
    const { Records } = sqs(["1", json("a1"), "a"], ["2", json("a2"), "a"], ["3", json("a3"), "a"]);
    const standard = Records.map((record) => ({
      ...record,
      eventSourceARN: "arn:aws:sqs:eu-west-1:111111111111:orders",
    }));
    expect(await handle({ Records: standard })).toEqual({ batchItemFailures: [{ itemIdentifier: "1" }] });
    expect(seen).toEqual(["a1", "a2", "a3"]);
  });

  it.each<[string, unknown]>([
    ["Kafka records that are no list", { records: { "t-0": { 0: { offset: 0, value: base64(json("a")) } } } }],
    ["a Kafka partition without records", { records: { "t-0": null } }],
    ["RabbitMQ messages that are no list", { rmqMessagesByQueue: { q: { data: base64(json("a")) } } }],
    ["a RabbitMQ queue without messages", { rmqMessagesByQueue: { q: null } }],
  ])("never answers as if it had handled what it could not read: %s", async (_what, invocation) => {
    for (const options of [{}, { kafka: "partial" as const }]) {
      await expect(handleEvents(async () => {}, options)(invocation)).rejects.toThrow("not one by EventBridge");
    }
  });

  it.each<[string, unknown]>([
    ["an event", { ...event("a"), records: { a: 1 }, rmqMessagesByQueue: {} }],
    [
      "an event in the clothes of others",
      { ...event("a"), "detail-type": "t", detail: event("b"), Type: "Notification", Message: json("c") },
    ],
    ["EventBridge's envelope", { ...eventBridge("a"), records: {} }],
  ])("takes %s for what it is, whatever else it holds", async (_what, invocation) => {
    const handled: string[] = [];
    await handleEvents(async ({ id }) => void handled.push(id))(invocation);
    expect(handled).toEqual(["a"]);
  });

  describe("of Kafka", () => {
    const at = (id: string, offset: number) => ({ ...binary(id, "1"), offset });
    const invocation = {
      eventSource: "aws:kafka",
      records: { "t-0": [at("a", 1), at("b", 2), at("c", 3)], "t-1": [at("d", 7), at("e", 8)], "t-2": [at("f", 4)] },
    };
    const handling = (options: HandleEventsOptions, ...failing: readonly string[]) => {
      const seen: string[] = [];
      const handle = handleEvents(
        async ({ id }) => {
          seen.push(id);
          if (failing.includes(id)) throw new RangeError("refused");
        },
        { onFailure, ...options },
      );
      return { seen, handle };
    };

    it("fails as a whole when nobody said that its mapping reads answers", async () => {
      const { seen, handle } = handling({}, "b", "d");
      await expect(handle(invocation)).rejects.toThrow("refused");
      expect(seen).toEqual(["a", "b"]);
    });

    it("answers with the first failure of each partition by its place, and goes on with the other partitions", async () => {
      told.length = 0;
      const { seen, handle } = handling({ kafka: "partial" }, "b", "d");
      expect(await handle(invocation)).toEqual({
        batchItemFailures: [
          { itemIdentifier: { partition: "t-0", offset: 2 } },
          { itemIdentifier: { partition: "t-1", offset: 7 } },
        ],
      });
      expect(seen.toSorted()).toEqual(["a", "b", "d", "f"]);
      expect(told.toSorted()).toEqual([
        ["t-0@2", "RangeError"],
        ["t-1@7", "RangeError"],
      ]);
    });

    it("reports a record that is not an event, as one that failed", async () => {
      const { handle } = handling({ kafka: "partial" });
      expect(await handle({ records: { "t-0": [at("a", 1), { offset: 2, value: base64("?") }, at("c", 3)] } })).toEqual(
        {
          batchItemFailures: [{ itemIdentifier: { partition: "t-0", offset: 2 } }],
        },
      );
    });

    it("answers an empty list when all went well", async () => {
      expect(await handling({ kafka: "partial" }).handle(invocation)).toEqual({ batchItemFailures: [] });
    });

    it("has everything come again for a record without an offset, by a name that Lambda does not know", async () => {
      const { handle } = handling({ kafka: "partial" }, "a");
      expect(await handle({ records: { "t-0": [binary("a", "1")] } })).toEqual({
        batchItemFailures: [{ itemIdentifier: "" }],
      });
    });

    it.each(["kafka", "pipes"])("is not made with another word for %s", (name) => {
      expect(() => handling({ [name]: "yes" } as object)).toThrow(
        `handleEvents.${name} is "yes": it must be one of partial.`,
      );
    });
  });

  describe("of EventBridge Pipes", () => {
    const partial = (...failing: readonly string[]) =>
      handleEvents(
        async ({ id }) => {
          if (failing.includes(id)) throw new RangeError("refused");
        },
        { pipes: "partial", onFailure },
      );

    it("fails as a whole when nobody said that the pipe waits for the answer", async () => {
      await expect(failingOn("a").handle(sqs(["1", json("a")], ["2", json("b")]).Records)).rejects.toThrow("refused");
      await expect(failingOn("a").handle(pipesKinesis(json("a")))).rejects.toThrow("refused");
    });

    it("answers with the messages of SQS that failed, and in a FIFO group those behind them", async () => {
      const list = sqs(["1", json("a")], ["2", json("b")], ["3", json("c"), "g"], ["4", json("d"), "g"]).Records;
      expect(await partial("a", "c")(list)).toEqual({
        batchItemFailures: [{ itemIdentifier: "1" }, { itemIdentifier: "3" }, { itemIdentifier: "4" }],
      });
    });

    it("answers with the records of Kinesis from the first failure on, by their event ids", async () => {
      expect(await partial("b")(pipesKinesis(json("a"), json("b"), json("c")))).toEqual({
        batchItemFailures: [
          { itemIdentifier: "shardId-000000000006:s1" },
          { itemIdentifier: "shardId-000000000006:s2" },
        ],
      });
    });

    it("fails as a whole where Pipes takes no list of failures: from Kafka, RabbitMQ, and the relay", async () => {
      const failing = partial("a");
      await expect(failing([{ eventSource: "aws:kafka", value: base64(json("a")) }])).rejects.toThrow("refused");
      await expect(failing([{ eventSource: "aws:rmq", data: base64(json("a")) }])).rejects.toThrow("refused");
      await expect(failing([event("a")])).rejects.toThrow("refused");
    });
  });

  it("stops a shard at the first failure, and reports that one", async () => {
    const { seen, handle } = failingOn("b");
    expect(await handle(kinesis(json("a"), json("b"), json("c")))).toEqual({
      batchItemFailures: [{ itemIdentifier: "s1" }],
    });
    expect(seen).toEqual(["a", "b"]);
  });

  it("reports nothing when all went well", async () => {
    expect(await failingOn().handle(sqs(["1", json("a")]))).toEqual({ batchItemFailures: [] });
    expect(await failingOn().handle(kinesis(json("a")))).toEqual({ batchItemFailures: [] });
    expect(await failingOn().handle(eventBridge("a"))).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ["EventBridge", eventBridge("a")],
    ["SNS", { Records: [{ Sns: { Message: json("a") } }] }],
    ["Kafka", kafka(binary("a", "1"))],
    ["RabbitMQ", rabbitMq(rabbit("a", "1"))],
    ["EventBridge, a list", [eventBridge("a")]],
    ["the relay", [event("a")]],
  ])("fails as a whole from %s", async (_from, invocation) => {
    await expect(failingOn("a").handle(invocation)).rejects.toThrow("refused");
  });

  it("tells the handler when the function will be stopped", async () => {
    const deadlines: unknown[] = [];
    const handle = handleEvents(async (_event, { deadlineMs }) => deadlines.push(deadlineMs));
    const before = Date.now();
    await handle(event("a"), { getRemainingTimeInMillis: () => 5_000 });
    expect(deadlines[0]).toBeGreaterThanOrEqual(before + 5_000);
    await handle(event("a"));
    expect(deadlines[1]).toBeUndefined();
    // As in a user's unit test.
    await handle(event("a"), {});
    expect(deadlines[2]).toBeUndefined();
  });

  it.each([0, -3, 0.5, 2.5, Number.NaN, Number.POSITIVE_INFINITY, 1_001, "10"])(
    "is not made with a concurrency of %s, which would handle nothing and call it done",
    (concurrency) => {
      const make = () => handleEvents(async () => {}, { concurrency: concurrency as number });
      const shown = typeof concurrency === "string" ? JSON.stringify(concurrency) : concurrency;
      expect(make).toThrow(
        expect.objectContaining({
          name: "SettingError",
          message: `handleEvents.concurrency is ${shown}: it must be an integer from 1 to 1000.`,
        }),
      );
    },
  );

  it("is not made with an option that nobody reads", () => {
    const options = { concurency: 5 } as object;
    expect(() => handleEvents(async () => {}, options)).toThrow(
      "handleEvents.concurency is 5: there is no such setting; the settings here are concurrency, kafka, pipes, onFailure.",
    );
  });

  it.each([1, 2, 1_000])("handles or reports each message with a concurrency of %d", async (concurrency) => {
    const handled: string[] = [];
    const handle = handleEvents(
      async ({ id }) => {
        if (Number(id) % 3 === 0) throw new RangeError("refused");
        handled.push(id);
      },
      { concurrency, onFailure },
    );
    const ids = Array.from({ length: 20 }, (_unused, index) => String(index));
    const response = await handle(sqs(...ids.map((id) => [id, json(id)] as const)));
    const reported = response?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) ?? [];
    expect([...handled, ...reported].sort()).toEqual([...ids].sort());
    expect(reported).toEqual(ids.filter((id) => Number(id) % 3 === 0));
  });
});
