import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { EventBridgeClient, ListEventBusesCommand } from "@aws-sdk/client-eventbridge";
import { ListTopicsCommand, SNSClient } from "@aws-sdk/client-sns";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seededRandom } from "../../../dev/demo/seeded-random.ts";
import { FaultProxy } from "../../../lib/local/faults/fault-proxy.ts";
import { FAULTY_SERVICES, type FaultyService } from "../../../lib/local/faults/named-faults.ts";
import { WAIT_HANGS_AFTER_MS } from "../../setup/hanging.ts";

interface Call {
  readonly target: string | undefined;
  readonly ids: readonly string[];
}

/** Answers PutEvents as EventBridge does, and everything else with `{}`; counts what reached it. */
class TinyBus {
  readonly calls: Call[] = [];
  delayMs = 0;
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", async () => {
      const target = String(request.headers["x-amz-target"]);
      const body = JSON.parse(Buffer.concat(chunks).toString() || "{}") as { Entries?: { Detail: string }[] };
      const ids = (body.Entries ?? []).map(({ Detail }) => (JSON.parse(Detail) as { id: string }).id);
      this.calls.push({ target, ids });
      await sleep(this.delayMs);
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.setHeader("x-amzn-requestid", "r1");
      response.end(JSON.stringify({ FailedEntryCount: 0, Entries: ids.map((id) => ({ EventId: `bus-${id}` })) }));
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let bus: TinyBus;
let proxy: FaultProxy;

beforeEach(async () => {
  bus = new TinyBus();
  proxy = await FaultProxy.start({ upstream: await bus.start(), random: seededRandom(7) });
});

afterEach(async () => {
  await proxy.close();
  await bus.stop();
});

const putEvents = (ids: readonly string[], signal?: AbortSignal) =>
  fetch(`http://127.0.0.1:${proxy.port}/`, {
    method: "POST",
    headers: { "x-amz-target": "AWSEvents.PutEvents" },
    body: JSON.stringify({ Entries: ids.map((id) => ({ Source: "s", Detail: JSON.stringify({ id }) })) }),
    signal: signal ?? AbortSignal.timeout(WAIT_HANGS_AFTER_MS),
  });

const describeBus = () =>
  fetch(`http://127.0.0.1:${proxy.port}/`, {
    method: "POST",
    headers: { "x-amz-target": "AWSEvents.DescribeEventBus" },
    body: "{}",
  });

interface PutEventsAnswer {
  FailedEntryCount: number;
  Entries: { EventId?: string; ErrorCode?: string }[];
}

describe("the fault proxy", () => {
  it("passes requests and answers on, headers included", async () => {
    const answer = await putEvents(["a", "b"]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-amzn-requestid")).toBe("r1");
    expect(await answer.json()).toEqual({ FailedEntryCount: 0, Entries: [{ EventId: "bus-a" }, { EventId: "bus-b" }] });
    expect((await describeBus()).status).toBe(200);
    expect(bus.calls.map(({ target }) => target)).toEqual(["AWSEvents.PutEvents", "AWSEvents.DescribeEventBus"]);
    expect(proxy.counts.requests.pass).toBe(2);
    expect([...proxy.counts.acknowledged]).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
  });

  it("answers 503 and forwards nothing while the target is unavailable", async () => {
    await proxy.setFault({ kind: "unavailable" });
    const answer = await putEvents(["a"]);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ __type: "ServiceUnavailableException" });
    expect((await describeBus()).status).toBe(503);
    expect(bus.calls).toEqual([]);
    expect(proxy.counts.requests.unavailable).toBe(2);
  });

  it("throttles single entries, forwards the others, and answers in the order of the request", async () => {
    await proxy.setFault({ kind: "throttle-entries", probability: 0.5 });
    const ids = Array.from({ length: 20 }, (_, index) => `e${index}`);
    const answer = (await (await putEvents(ids)).json()) as PutEventsAnswer;
    const throttled = answer.Entries.filter(({ ErrorCode }) => ErrorCode === "ThrottlingException").length;
    expect(throttled).toBeGreaterThan(0);
    expect(throttled).toBeLessThan(20);
    expect(answer.FailedEntryCount).toBe(throttled);
    const accepted = ids.filter((id, index) => answer.Entries[index]?.EventId === `bus-${id}`);
    expect(bus.calls).toEqual([{ target: "AWSEvents.PutEvents", ids: accepted }]);
    expect(accepted).toHaveLength(20 - throttled);
    expect(proxy.counts.entriesThrottled).toBe(throttled);
    expect([...proxy.counts.acknowledged.keys()]).toEqual(accepted);
  });

  it.each([
    ["with an error code of its own", "InternalFailure", { ErrorCode: "InternalFailure" }],
    ["without any answer", undefined, {}],
  ])("fails single entries %s, and counts none of them as throttled", async (_how, code, expected) => {
    await proxy.setFault({ kind: "fail-entries", probability: 0.5, ...(code === undefined ? {} : { code }) });
    const ids = Array.from({ length: 20 }, (_, index) => `e${index}`);
    const answer = (await (await putEvents(ids)).json()) as PutEventsAnswer;
    const failed = answer.Entries.filter(({ EventId }) => EventId === undefined);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(20);
    for (const entry of failed) expect(entry).toMatchObject(expected);
    if (code === undefined) expect(failed.every(({ ErrorCode }) => ErrorCode === undefined)).toBe(true);
    expect(proxy.counts.entriesThrottled).toBe(0);
  });

  it("does not call the target when every entry is throttled, and lets other calls through", async () => {
    await proxy.setFault({ kind: "throttle-entries" });
    expect(await (await putEvents(["a", "b"])).json()).toMatchObject({ FailedEntryCount: 2 });
    expect(bus.calls).toEqual([]);
    expect((await describeBus()).status).toBe(200);
  });

  it("drops the answers to the first calls to publish alone, where it is told how many", async () => {
    await proxy.setFault({ kind: "drop-answer", publishes: 1 });
    expect((await describeBus()).status).toBe(200);
    await expect(putEvents(["a"])).rejects.toThrow();
    expect((await describeBus()).status).toBe(200);
    expect((await putEvents(["a", "b"])).status).toBe(200);
    expect([...proxy.counts.answersDropped]).toEqual([["a", 1]]);
    expect(proxy.counts.requests).toMatchObject({ "drop-answer": 1, pass: 3 });
  });

  it("loses the bus once an entry was acknowledged, and until the fault changes", async () => {
    await proxy.setFault({ kind: "lose-bus" });
    expect((await describeBus()).status).toBe(200);
    expect((await putEvents(["a"])).status).toBe(200);
    const answer = await describeBus();
    expect([answer.status, await answer.json()]).toMatchObject([400, { __type: "ResourceNotFoundException" }]);
    expect((await putEvents(["b"])).status).toBe(200);
    expect((await describeBus()).status).toBe(400);
    expect([...proxy.counts.acknowledged.keys()]).toEqual(["a", "b"]);
    await proxy.setFault({ kind: "lose-bus" });
    expect((await describeBus()).status).toBe(200);
  });

  it("drops the answer to a call that the target took, and knows the ids", async () => {
    await proxy.setFault({ kind: "drop-answer" });
    await expect(putEvents(["a", "b"])).rejects.toThrow();
    await expect(putEvents(["a"])).rejects.toThrow();
    expect(bus.calls.map(({ ids }) => ids)).toEqual([["a", "b"], ["a"]]);
    expect([...proxy.counts.answersDropped]).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
    expect(proxy.counts.acknowledged.size).toBe(0);
  });

  it("knows the ids that the target took after the caller had given up", async () => {
    bus.delayMs = 200;
    await expect(putEvents(["a"], AbortSignal.timeout(50))).rejects.toThrow();
    await expect.poll(() => [...proxy.counts.answersLate]).toEqual([["a", 1]]);
  });

  it("knows the ids that had to be published again because no look at the bus was answered in between", async () => {
    await putEvents(["confirmed", "delivered"]);
    await describeBus();
    await putEvents(["confirmed", "look lost"]);
    await proxy.setFault({ kind: "reset" });
    await expect(describeBus()).rejects.toThrow();
    await proxy.setFault({ kind: "pass" });
    // A later check by another process says nothing about it.
    await describeBus();
    await putEvents(["look lost"]);
    expect([...proxy.counts.busUnconfirmed]).toEqual([["look lost", 1]]);
  });

  it("does not count a look for an acknowledgement that came while it was under way", async () => {
    bus.delayMs = 100;
    const looking = describeBus();
    await expect.poll(() => bus.calls.length).toBe(1);
    bus.delayMs = 0;
    await putEvents(["a"]);
    await looking;
    await putEvents(["a"]);
    expect([...proxy.counts.busUnconfirmed]).toEqual([["a", 1]]);
  });

  it("takes a request and never answers while it hangs", async () => {
    await proxy.setFault({ kind: "hang" });
    await expect(putEvents(["a"], AbortSignal.timeout(100))).rejects.toThrow("timeout");
    expect(bus.calls).toEqual([]);
    expect(proxy.counts.requests.hang).toBe(1);
  });

  it("cuts connections without forwarding", async () => {
    await proxy.setFault({ kind: "reset" });
    await expect(putEvents(["a"])).rejects.toThrow();
    expect(bus.calls).toEqual([]);
    expect(proxy.counts.requests.reset).toBe(1);
  });

  it("refuses connections, and comes back on the same port", async () => {
    await putEvents(["a"]);
    const { port } = proxy;
    await proxy.setFault({ kind: "refuse" });
    await expect(putEvents(["b"])).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    await proxy.setFault({ kind: "pass" });
    expect(proxy.port).toBe(port);
    expect((await putEvents(["c"])).status).toBe(200);
    expect(bus.calls.map(({ ids }) => ids)).toEqual([["a"], ["c"]]);
  });

  it("answers what it took before it refuses connections", async () => {
    bus.delayMs = 100;
    const putting = putEvents(["a"]);
    await expect.poll(() => bus.calls.length).toBe(1);
    await proxy.setFault({ kind: "refuse" });
    expect((await putting).status).toBe(200);
    await expect(putEvents(["b"])).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
  });

  it("cuts off what hangs when it refuses connections", async () => {
    await proxy.setFault({ kind: "hang" });
    const putting = putEvents(["a"]);
    await expect.poll(() => proxy.counts.requests.hang).toBe(1);
    await Promise.all([proxy.setFault({ kind: "refuse" }), expect(putting).rejects.toThrow()]);
    expect(bus.calls).toEqual([]);
  });

  it("strikes with the given probability, the same way for the same seed", async () => {
    await proxy.setFault({ kind: "unavailable", probability: 0.5 });
    const statuses: number[] = [];
    for (let call = 0; call < 20; call += 1) {
      statuses.push((await describeBus()).status);
    }
    const random = seededRandom(7);
    expect(statuses).toEqual(Array.from({ length: 20 }, () => (random() < 0.5 ? 503 : 200)));
  });

  it("answers 502 when the endpoint behind it is gone", async () => {
    await bus.stop();
    expect((await putEvents(["a"])).status).toBe(502);
    expect(proxy.counts.upstreamFailures).toBe(1);
    bus = new TinyBus();
    await bus.start();
  });
});

describe("a service that is away, as the clients of the SDK see it", () => {
  const clientOptions = () => ({
    endpoint: `http://127.0.0.1:${proxy.port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
  const calls = {
    eventbridge: () => new EventBridgeClient(clientOptions()).send(new ListEventBusesCommand({})),
    sqs: () => new SQSClient(clientOptions()).send(new ListQueuesCommand({})),
    sns: () => new SNSClient(clientOptions()).send(new ListTopicsCommand({})),
  } satisfies Readonly<Record<FaultyService, () => Promise<unknown>>>;

  it.each(FAULTY_SERVICES)("%s answers 503, and 403 where it denies, in its own protocol", async (service) => {
    await proxy.setFault({ kind: "unavailable" });
    await expect(calls[service]()).rejects.toMatchObject({
      name: "ServiceUnavailableException",
      $metadata: { httpStatusCode: 503 },
    });
    await proxy.setFault({ kind: "deny" });
    await expect(calls[service]()).rejects.toMatchObject({
      name: "AccessDeniedException",
      $metadata: { httpStatusCode: 403 },
    });
  });
});
