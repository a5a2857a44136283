import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readBody } from "../../lib/local/faults/http-messages.ts";
import { type ServiceFault, ServiceProxy } from "../e2e/harness/service-proxy.ts";
import { WAIT_HANGS_AFTER_MS } from "../setup/hanging.ts";
import { Journal } from "./journal.ts";

/** Answers to each operation of the services behind the proxy. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  PutEvents: { FailedEntryCount: 1, Entries: [{ EventId: "1" }, { ErrorCode: "InternalFailure" }] },
  BatchGetItem: { Responses: { outbox: [{ pk: { S: "event-1" }, sk: { N: "1" } }] } },
};
const entry = (id: string) => ({ Detail: JSON.stringify({ id }) });
const PUBLISH = { Entries: [entry("event-1"), entry("event-2")] };
const DELETE = { RequestItems: { outbox: [{ DeleteRequest: { Key: { pk: { S: "event-1" }, sk: { N: "1" } } } }] } };
const STATEMENT = { Statements: [{ Parameters: [{ S: "key-7" }, { N: "3" }, { S: "key-7/3" }] }] };

let asked: string[];
let services: ReturnType<typeof createServer>;
let journal: Journal;
let proxy: ServiceProxy;

beforeEach(async () => {
  asked = [];
  services = createServer(async (incoming, response) => {
    await readBody(incoming);
    const [, operation = ""] = String(incoming.headers["x-amz-target"]).split(".");
    asked.push(operation);
    response.end(JSON.stringify(ANSWERS[operation] ?? {}));
  });
  await new Promise<void>((resolve) => services.listen(0, "127.0.0.1", resolve));
  journal = new Journal();
  const { port } = services.address() as AddressInfo;
  proxy = await ServiceProxy.start({
    ...{ upstream: `http://127.0.0.1:${port}`, random: () => 0.5 },
    watch: journal.watch("relay"),
  });
});

afterEach(async () => {
  await proxy.close();
  await new Promise((resolve) => services.close(resolve));
});

/** Resolves with the status of the answer; undefined where there was none. */
async function call(target: string, request: object, withinMs = WAIT_HANGS_AFTER_MS): Promise<number | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${proxy.port}`, {
      ...{ method: "POST", headers: { "x-amz-target": target }, body: JSON.stringify(request) },
      signal: AbortSignal.timeout(withinMs),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    // The connection was cut or the call given up: there was no answer.
    return undefined;
  }
}

const publish = (withinMs?: number) => call("AWSEvents.PutEvents", PUBLISH, withinMs);
const landings = (id = "event-1") => journal.stories.get(id)?.landings ?? [];
/** The end of a call is noted when its connection has closed. */
const ended = () => expect.poll(() => journal.oldestUnderWayMs("PutEvents")).toBe(Number.POSITIVE_INFINITY);

describe("the journal of what goes over the wire", () => {
  it("notes what the bus took, and nothing of an entry that it refused", async () => {
    expect(await publish()).toBe(200);
    await ended();
    expect(landings()).toMatchObject([{ by: "relay", told: true, sightMs: undefined }]);
    expect(landings("event-2")).toEqual([]);
  });

  it("notes when the sender had last seen the row", async () => {
    await call("DynamoDB_20120810.BatchGetItem", {});
    await publish();
    await ended();
    expect(landings()[0]?.sightMs).toBeLessThanOrEqual(landings()[0]?.begunMs ?? 0);
  });

  it("notes deletes by key and by statement, and whether the table took them", async () => {
    await call("DynamoDB_20120810.BatchWriteItem", DELETE);
    proxy.setFaults({ kind: "error", operations: ["BatchExecuteStatement"], status: 500, code: "InternalServerError" });
    expect(await call("DynamoDB_20120810.BatchExecuteStatement", STATEMENT)).toBe(500);
    await expect.poll(() => journal.stories.get("key-7/3")?.deletes).toMatchObject([{ taken: false }]);
    expect(journal.stories.get("event-1")?.deletes).toMatchObject([{ taken: true, told: true }]);
    expect(journal.failedDeletes).toMatchObject([{ by: "relay" }]);
  });

  it.each<[ServiceFault, string, number | undefined, boolean, boolean]>([
    [{ kind: "cut", operations: ["PutEvents"] }, "cut off", undefined, false, false],
    [{ kind: "drop-answer", operations: ["PutEvents"] }, "whose answer is lost", undefined, true, false],
    [{ kind: "hang", operations: ["PutEvents"] }, "that hangs", undefined, false, false],
    [{ kind: "throttle", operations: ["PutEvents"], callsPerSecond: 0 }, "that is throttled", 400, false, false],
    [{ kind: "slow", operations: ["PutEvents"], delayMs: 1 }, "that is slow", 200, true, true],
    [{ kind: "slow", operations: ["PutEvents"], delayMs: 60_000 }, "that its caller gives up", undefined, true, false],
  ])(
    "tells whether the bus took a call (%j) %s, and whether its sender heard",
    async (fault, _what, status, taken, told) => {
      proxy.setFaults(fault);
      // A caller whose answer is to come waits for it, however busy the machine is.
      expect(await publish(status === undefined ? 1_000 : undefined)).toBe(status);
      await ended();
      expect(asked).toEqual(taken ? ["PutEvents"] : []);
      expect(landings()).toMatchObject(taken ? [{ told }] : []);
    },
  );

  it("lets something happen after the bus took a call, and before its sender hears", async () => {
    const seen: unknown[] = [];
    proxy.inNextCall("PutEvents", async () => {
      seen.push(asked.length, landings().length);
    });
    await call("DynamoDB_20120810.BatchGetItem", {});
    await publish();
    await publish();
    expect(seen).toEqual([2, 0]);
  });
});
