import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../../lib/aws/system.ts";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { createPublisher } from "../../../lib/targets/http/publisher.ts";
import { GONE_REST_MS } from "../../../lib/targets/shared/run/http/failures.ts";
import { eventOf, eventsOf } from "../../aws/fixtures.ts";
import { httpServer } from "../../aws/loopback.ts";
import { readBody } from "../../servers/read-body.ts";
import { secretTexts } from "../../servers/secret-texts.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";

const URL_OF_ITS_OWN = "https://events.example.com/orders";

function publisherWith(config: Readonly<Record<string, unknown>>, texts: Readonly<Record<string, string>> = {}) {
  return createPublisher({
    config: { kind: "http", url: URL_OF_ITS_OWN, ...config },
    path: "target",
    concurrency: 8,
    clock: systemClock,
    telemetry: new RecordingTelemetry(),
    secrets: secretTexts(texts),
  });
}

/** Publishes to a server of the test's own, in one call. */
async function published(
  answer: RequestListener,
  config: Readonly<Record<string, unknown>> = {},
  events = [eventOf()],
) {
  const url = await httpServer(answer);
  const publisher = publisherWith({ url, allowInsecure: true, ...config });
  return publish(publisher, events);
}

const publish = (publisher: ReturnType<typeof publisherWith>, events: readonly OutboxEvent[]) =>
  publisher.publish(publisher.destinationOf(events[0] ?? eventOf()), events, systemClock.now() + 5_000);

interface Call {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A receiver that keeps its calls, and answers with success. */
function receiver() {
  const calls: Call[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    calls.push({ headers: request.headers, body: await readBody(request, 10_000_000) });
    response.writeHead(202).end("thanks");
  };
  return { calls, answer };
}

const answering =
  (status: number, headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (request, response) => {
    request.resume();
    response.writeHead(status, headers).end("the receiver's own words");
  };

describe("what a status says", () => {
  it.each([200, 201, 202, 204, 299])("%d acknowledges", async (status) => {
    expect(await published(answering(status))).toEqual([{ kind: "acknowledged" }]);
  });

  it.each([
    [301, "permanent", "target"],
    [308, "permanent", "target"],
    [401, "permanent", "target"],
    [403, "permanent", "target"],
    [404, "permanent", "target"],
    [405, "permanent", "target"],
    [408, "transient", "target"],
    [410, "permanent", "target"],
    [425, "transient", "target"],
    [429, "throttled", "target"],
    [500, "transient", "target"],
    [502, "ambiguous", "target"],
    [503, "transient", "target"],
    [504, "ambiguous", "target"],
  ])("%d is %s, and of the %s", async (status, failureClass, scope) => {
    const [result] = await published(answering(status));
    expect(result).toMatchObject({ kind: "failed", failure: { class: failureClass, scope, code: `HTTP${status}` } });
    expect(JSON.stringify(result)).not.toContain("own words");
  });

  it.each([400, 409, 413, 415, 422, 431])(
    "%d is about the content: an event's own fault, and a batch is taken apart",
    async (status) => {
      const refusal = {
        kind: "refused-together",
        failure: { class: "permanent", scope: "event", code: `HTTP${status}` },
      };
      expect(await published(answering(status))).toMatchObject([refusal]);
      expect(await published(answering(status), { mode: "batch" }, [...eventsOf(2)])).toMatchObject([refusal, refusal]);
    },
  );

  it("yes, in an answer that breaks off, is no acknowledgement", async () => {
    const results = await published((_request, response) => {
      response.writeHead(200, { "content-length": "10" }).write("half");
      setImmediate(() => response.destroy());
    });
    expect(results).toMatchObject([{ failure: { class: "ambiguous", scope: "target" } }]);
  });
});

describe("a receiver that says when to come back", () => {
  it.each([
    [429, "120", 120_000],
    [503, "0", 0],
    [503, new Date(Date.now() + 3_600_000).toUTCString(), 3_600_000],
    [503, "Fri, 01 Jan 2021 00:00:00 GMT", 0],
  ])("by %d and %j is left alone for so long", async (status, retryAfter, expectedMs) => {
    const [result] = await published(answering(status, { "retry-after": retryAfter }));
    const rest = result?.kind === "failed" ? result.failure.retryAfterMs : undefined;
    expect(Math.abs((rest ?? Number.NaN) - expectedMs)).toBeLessThan(60_000);
  });

  it.each(["soon", "-5", "2026-01-01T00:00:00"])("by %j has said nothing", async (retryAfter) => {
    const [result] = await published(answering(429, { "retry-after": retryAfter }));
    expect(result?.kind === "failed" ? result.failure : {}).not.toHaveProperty("retryAfterMs");
  });

  it("and one that is gone is asked now and then", async () => {
    expect(await published(answering(410))).toMatchObject([{ failure: { retryAfterMs: GONE_REST_MS } }]);
  });
});

describe("a CloudEvent over HTTP", () => {
  const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  it("is one JSON object in structured mode, the default", async () => {
    const { calls, answer } = receiver();
    const event = eventOf({ traceparent: TRACEPARENT });
    await published(answer, {}, [event]);
    expect(calls).toMatchObject([
      {
        headers: { "content-type": "application/cloudevents+json; charset=utf-8", traceparent: TRACEPARENT },
        body: event.json,
      },
    ]);
  });

  it.each([`ff${TRACEPARENT.slice(2)}`, `00-${"0".repeat(32)}-00f067aa0ba902b7-01`, `cc${TRACEPARENT.slice(2)}-é`])(
    "has no header of the traceparent %s, which no server could join",
    async (traceparent) => {
      const { calls, answer } = receiver();
      await published(answer, {}, [eventOf({ traceparent })]);
      expect(calls[0]?.headers).not.toHaveProperty("traceparent");
    },
  );

  it("is its payload under headers in binary mode", async () => {
    const { calls, answer } = receiver();
    const event = eventOf({
      data: "plain ✓",
      datacontenttype: "text/plain",
      subject: 'a "50%" ✓',
      traceparent: TRACEPARENT,
      extensions: { tries: 3 },
    });
    await published(answer, { mode: "binary" }, [event]);
    expect(calls).toMatchObject([
      {
        headers: {
          "ce-specversion": "1.0",
          "ce-id": "e1",
          "ce-subject": "a%20%2250%25%22%20%E2%9C%93",
          "ce-tries": "3",
          "ce-traceparent": TRACEPARENT,
          traceparent: TRACEPARENT,
          "content-type": "text/plain",
        },
        body: "plain ✓",
      },
    ]);
  });

  it("has no content type in binary mode where it has no payload", async () => {
    const { calls, answer } = receiver();
    await published(answer, { mode: "binary" }, [eventOf({ data: undefined })]);
    expect(calls[0]?.headers).not.toHaveProperty("content-type");
    expect(calls[0]?.body).toBe("");
  });

  it("whose headers are larger than servers take is refused in binary mode before it is sent", async () => {
    const { calls, answer } = receiver();
    const subject = (length: number) => eventOf({ subject: "s".repeat(length) });
    const refused = [{ failure: { class: "permanent", scope: "event", code: "HeadersTooLarge" } }];
    expect(await published(answer, { mode: "binary" }, [subject(8_192)])).toMatchObject(refused);
    // Percent-encoded it is three times as long.
    expect(await published(answer, { mode: "binary" }, [eventOf({ subject: " ".repeat(3_000) })])).toMatchObject(
      refused,
    );
    expect(calls).toHaveLength(0);
    const roomy = { mode: "binary", maxHeaderBytes: 10_000 };
    expect(await published(answer, roomy, [subject(8_192)])).toEqual([{ kind: "acknowledged" }]);
    expect(await published(answer, { mode: "structured" }, [subject(8_192)])).toEqual([{ kind: "acknowledged" }]);
  });

  it("that would break the headers in binary mode is at fault itself", async () => {
    const { calls, answer } = receiver();
    const results = await published(answer, { mode: "binary" }, [
      eventOf({ datacontenttype: "text/plain\r\nx-admin: 1" }),
    ]);
    expect(results).toMatchObject([{ failure: { class: "permanent", scope: "event", code: "ContentTypeInvalid" } }]);
    expect(calls).toEqual([]);
  });

  it("goes with others in batch mode, in one call and in their order", async () => {
    const { calls, answer } = receiver();
    const events = [...eventsOf(3)];
    expect(await published(answer, { mode: "batch" }, events)).toEqual(Array(3).fill({ kind: "acknowledged" }));
    expect(calls).toHaveLength(1);
    expect(calls[0]?.headers["content-type"]).toBe("application/cloudevents-batch+json; charset=utf-8");
    expect(JSON.parse(calls[0]?.body ?? "").map(({ id }: { id: string }) => id)).toEqual(["e0", "e1", "e2"]);
  });

  it("shares a call with others of its key in batch mode alone", () => {
    expect(publisherWith({ mode: "batch" })).toMatchObject({ atomicBatches: true, limits: { maxEntries: 100 } });
    expect(publisherWith({})).toMatchObject({ atomicBatches: false, limits: { maxEntries: 1 } });
  });
});

describe("a receiver of its own", () => {
  it("is named by the row, in any spelling of its URL, and must be among those the relay was deployed for", async () => {
    const publisher = publisherWith({ alsoTo: ["https://Audit.example.com:443"] });
    expect(publisher.destinationOf(eventOf())).toBe(URL_OF_ITS_OWN);
    expect(publisher.destinationOf(eventOf({ destination: "https://audit.example.com" }))).toBe(
      "https://audit.example.com/",
    );
    for (const destination of ["https://elsewhere.example.com/", "http://169.254.169.254/latest/", "no URL"]) {
      const event = eventOf({ destination });
      expect(await publisher.publish(publisher.destinationOf(event), [event], 0)).toMatchObject([
        { failure: { class: "permanent", scope: "event", code: "DestinationNotAllowed" } },
      ]);
    }
  });
});

describe("settings", () => {
  it.each([
    [{ url: "http://events.example.com" }, "target.url", "events would travel unencrypted"],
    [{ url: "ftp://events.example.com" }, "target.url", "it must begin with https://"],
    [{ url: "events.example.com" }, "target.url", "it must be a URL"],
    [{ url: "https://events.example.com/#top" }, "target.url", "a fragment is never sent"],
    [{ alsoTo: ["http://audit.example.com"] }, "target.alsoTo[0]", "events would travel unencrypted"],
    [{ maxHeaderBytes: 10_000 }, "target.maxHeaderBytes", "choose binary"],
    [{ mode: "bulk" }, "target.mode", "structured, binary, batch"],
    [{ maxEntries: 10 }, "target.maxEntries", "mode structured sends one event a call"],
    [{ timeoutMs: 0 }, "target.timeoutMs", "an integer from 100 to 45000"],
    [{ ca: "no certificate" }, "target.ca", "a certificate in PEM"],
    [{ signing: Array(4).fill({ parameterName: "/s" }) }, "target.signing", "a list of 3 secrets at most"],
    [{ auth: { kind: "basic" } }, "target.auth.kind", "api-key, bearer, oauth2"],
    [{ auth: { kind: "api-key", header: "x y", value: {} } }, "target.auth.header", "the name of an HTTP header"],
    [{ auth: { kind: "bearer", token: "text" } }, "target.auth.token", "it must be an object"],
    [
      { auth: { kind: "oauth2", tokenUrl: "http://a.example.com", clientId: "a" } },
      "target.auth.tokenUrl",
      "unencrypted",
    ],
    [{ colour: "red" }, "target.colour", "there is no such setting"],
  ])("%j is refused", (config, setting, reason) => {
    expect(() => publisherWith(config)).toThrow(setting);
    expect(() => publisherWith(config)).toThrow(reason);
  });

  it("a password in a URL is refused and not shown", () => {
    const attempt = () => publisherWith({ url: "https://relay:hunter2@events.example.com" });
    expect(attempt).toThrow("target.url is a URL with credentials: take them out and name a secret");
    expect(attempt).not.toThrow("hunter2");
  });
});
