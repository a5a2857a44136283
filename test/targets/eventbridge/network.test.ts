import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../lib/aws/system.ts";
import { createPublisher } from "../../../lib/targets/eventbridge/publisher.ts";
import { eventsOf } from "../../aws/fixtures.ts";
import { callAwsAt, closedPort, httpServer, socketServer } from "../../aws/loopback.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";

/** A real client, made by the publisher, that talks to the given address. */
function publisherAt(endpoint: string, concurrency = 2) {
  callAwsAt(endpoint);
  return createPublisher({
    config: { kind: "eventbridge", busName: "orders" },
    path: "OUTBOX_RELAY_TARGET",
    concurrency,
    clock: systemClock,
    telemetry: new RecordingTelemetry(),
  });
}
const soon = (ms: number) => systemClock.now() + ms;
const publishAt = (endpoint: string, untilMs = soon(5_000)) =>
  publisherAt(endpoint).publish("orders", eventsOf(2), untilMs);
const each = (failureClass: string, code: string) =>
  Array(2).fill({ kind: "failed", failure: { class: failureClass, scope: "target", code } });

/** Answers each operation by its name, in EventBridge's protocol. */
const eventBridge =
  (answers: Readonly<Record<string, (response: ServerResponse) => void>>) =>
  (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    request.on("end", () => answers[String(request.headers["x-amz-target"]).replace("AWSEvents.", "")]?.(response));
  };
const acknowledge = (response: ServerResponse) =>
  response.end(JSON.stringify({ FailedEntryCount: 0, Entries: [{ EventId: "1" }, { EventId: "2" }] }));
const BOTH = ["1", "2"].map((eventId) => ({ kind: "acknowledged", receipt: { eventId } }));

describe("a call over a real connection", () => {
  it("is acknowledged", async () => {
    const endpoint = await httpServer(eventBridge({ PutEvents: acknowledge }));
    expect(await publishAt(endpoint)).toEqual(BOTH);
  });

  it("is ambiguous when no answer comes before its time is up", async () => {
    const endpoint = await httpServer(eventBridge({ PutEvents: () => undefined }));
    expect(await publishAt(endpoint, soon(50))).toMatchObject(each("ambiguous", "AbortError"));
  });

  it("is ambiguous when the answer begins and never ends", async () => {
    const endpoint = await httpServer(
      eventBridge({
        PutEvents: (response) => {
          response.writeHead(200, { "content-length": 100 });
          response.write('{"Entries":');
        },
      }),
    );
    expect(await publishAt(endpoint, soon(50))).toMatchObject(each("ambiguous", "AbortError"));
  });

  it("is ambiguous when the connection breaks after the request", async () => {
    const endpoint = await socketServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    expect(await publishAt(endpoint)).toMatchObject(each("ambiguous", "ECONNRESET"));
  });

  it("is ambiguous when the answer says success and cannot be read", async () => {
    const endpoint = await httpServer(eventBridge({ PutEvents: (response) => response.end("<html>") }));
    expect(await publishAt(endpoint)).toMatchObject(each("ambiguous", "SyntaxError"));
  });

  it("is transient when the connection is refused: nothing was sent", async () => {
    expect(await publishAt(await closedPort())).toMatchObject(each("transient", "ECONNREFUSED"));
  });

  it("is made once: retrying is the relay's own business", async () => {
    let calls = 0;
    const endpoint = await httpServer(
      eventBridge({
        PutEvents: (response) => {
          calls += 1;
          response.writeHead(503).end("{}");
        },
      }),
    );
    expect(await publishAt(endpoint)).toMatchObject([{ failure: { class: "transient", scope: "target" } }, {}]);
    expect(calls).toBe(1);
  });
});

describe("the check of the bus over a real connection", () => {
  it("does not wait for a connection while all of them publish", async () => {
    const publishing: ServerResponse[] = [];
    const endpoint = await httpServer(
      eventBridge({
        PutEvents: (response) => publishing.push(response),
        DescribeEventBus: (response) => {
          response.end("{}");
          for (const waiting of publishing) acknowledge(waiting);
        },
      }),
    );
    const publisher = publisherAt(endpoint, 2);
    const calls = [1, 2].map(() => publisher.publish("orders", eventsOf(2), soon(2_000)));
    await vi.waitFor(() => expect(publishing).toHaveLength(2));
    expect(await publisher.existence?.check("orders", soon(2_000))).toBe("exists");
    expect(await Promise.all(calls)).toEqual([BOTH, BOTH]);
  });

  it("ends with the invocation's time when no answer comes", async () => {
    const endpoint = await httpServer(eventBridge({ DescribeEventBus: () => undefined }));
    const startedMs = systemClock.now();
    expect(await publisherAt(endpoint).existence?.check("orders", soon(50))).toBe("unanswered");
    expect(systemClock.now() - startedMs).toBeLessThan(5_000);
  });
});
