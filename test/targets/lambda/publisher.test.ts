import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterEach, describe, expect, it } from "vitest";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { isDoubtful } from "../../../lib/contract/failure.ts";
import { createPublisher } from "../../../lib/targets/lambda/publisher.ts";
import { eventOf, eventsOf, serviceError } from "../../aws/fixtures.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

const mock = mockClient(LambdaClient);
afterEach(() => mock.reset());

const FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders:live";
const clock = new VirtualClock();
const publisherOf = (config: unknown) =>
  createPublisher({ config, path: "OUTBOX_RELAY_TARGET", concurrency: 32, clock, telemetry: new RecordingTelemetry() });
const publisher = (settings: object = {}) => publisherOf({ kind: "lambda", functionArn: FUNCTION_ARN, ...settings });

const ACKNOWLEDGED = { kind: "acknowledged" };
const UNTIL = clock.now() + 10_000;
type Publisher = ReturnType<typeof publisher>;
const publish = (events: readonly OutboxEvent[], to: Publisher = publisher()) =>
  to.publish(FUNCTION_ARN, events, UNTIL);

/** The payload as the SDK returns it: bytes with a method that makes a string of them. */
const bytes = (text: string) => Object.assign(new Uint8Array(Buffer.from(text)), { transformToString: () => text });
const answers = (text: string, more: object = {}) =>
  mock.on(InvokeCommand).resolves({ StatusCode: 200, Payload: bytes(text) as never, ...more });
const fails = (error: object) => answers(JSON.stringify(error), { FunctionError: "Unhandled" });
function sent() {
  const { input } = mock.commandCalls(InvokeCommand)[0]?.args[0] ?? {};
  return { ...input, Payload: JSON.parse(Buffer.from((input?.Payload ?? "") as Uint8Array).toString()) };
}

describe("what a function is given", () => {
  it("is a batch as a JSON array of CloudEvents, in their order, in a call that waits", async () => {
    answers("null");
    const events = eventsOf(3);
    expect(await publish(events)).toEqual([ACKNOWLEDGED, ACKNOWLEDGED, ACKNOWLEDGED]);
    expect(sent()).toEqual({
      FunctionName: FUNCTION_ARN,
      InvocationType: "RequestResponse",
      Payload: events.map(({ json }) => JSON.parse(json)),
    });
  });

  it("is one CloudEvent a call where that is asked for", async () => {
    answers("null");
    const single = publisher({ mode: "event" });
    expect(single.limits.maxEntries).toBe(1);
    await publish([eventOf()], single);
    expect(sent().Payload).toEqual(JSON.parse(eventOf().json));
  });

  it("is queued where that is asked for, and acknowledged by Lambda's queue alone", async () => {
    const queued = publisher({ invocation: "async" });
    mock.on(InvokeCommand).resolves({ StatusCode: 202 });
    expect(await publish(eventsOf(2), queued)).toEqual([ACKNOWLEDGED, ACKNOWLEDGED]);
    expect(sent().InvocationType).toBe("Event");
    mock.on(InvokeCommand).resolves({ StatusCode: 200 });
    expect(await publish(eventsOf(1), queued)).toMatchObject([{ failure: { class: "ambiguous", scope: "target" } }]);
  });

  it("is measured with the commas and brackets around it", async () => {
    answers("null");
    const events = eventsOf(5);
    const { bytesOf, limits } = publisher();
    await publish(events);
    const payload = mock.commandCalls(InvokeCommand)[0]?.args[0].input.Payload as Uint8Array;
    expect(payload.length).toBe(events.reduce((sum, event) => sum + bytesOf(event), 0) + 1);
    expect(limits).toEqual({ maxEntries: 100, maxBytes: 5_999_999 });
    expect(publisher({ invocation: "async", batchSize: 7 }).limits).toEqual({ maxEntries: 7, maxBytes: 999_999 });
  });

  it("goes to another function or alias where the event names one, in whichever account it is", () => {
    const blue = "arn:aws:lambda:us-east-1:123456789012:function:audit:blue";
    const theirs = "arn:aws:lambda:us-east-1:222222222222:function:central";
    const { destinationOf } = publisher({ alsoTo: [blue, theirs] });
    expect(destinationOf(eventOf())).toBe(FUNCTION_ARN);
    expect(destinationOf(eventOf({ destination: "audit:blue" }))).toBe(blue);
    for (const destination of ["central", theirs]) expect(destinationOf(eventOf({ destination }))).toBe(theirs);
  });

  it("may hold several events of one key only where the function takes a batch whole", () => {
    expect(publisher().atomicBatches).toBe(false);
    expect(publisher({ atomic: true }).atomicBatches).toBe(true);
  });
});

describe("a function's answer", () => {
  it.each([
    ["nothing", ""],
    ["null", "null"],
    ["a text", '"done"'],
    ["an object of its own", '{"statusCode":200}'],
    ["no list of failures", '{"batchItemFailures":null}'],
    ["an empty list of failures", '{"batchItemFailures":[]}'],
  ])("is success when it is %s", async (_what, text) => {
    answers(text);
    expect(await publish(eventsOf(2))).toEqual([ACKNOWLEDGED, ACKNOWLEDGED]);
  });

  it("fails the events that it names, and no other", async () => {
    answers('{"batchItemFailures":[{"itemIdentifier":"e3","reason":"no such customer"},{"itemIdentifier":"e1"}]}');
    const failure = { class: "transient", scope: "event", code: "BatchItemFailure" };
    expect(await publish(eventsOf(5))).toEqual([
      ACKNOWLEDGED,
      {
        kind: "failed",
        failure: { ...failure, message: "The function named this event among its batchItemFailures" },
      },
      ACKNOWLEDGED,
      { kind: "failed", failure: { ...failure, message: "no such customer" } },
      ACKNOWLEDGED,
    ]);
  });

  it.each([
    [
      "an identifier of no event of the batch",
      '{"batchItemFailures":[{"itemIdentifier":"e1"},{"itemIdentifier":"x"}]}',
    ],
    ["an empty identifier", '{"batchItemFailures":[{"itemIdentifier":""}]}'],
    ["a null identifier", '{"batchItemFailures":[{"itemIdentifier":null}]}'],
    ["an identifier under another name", '{"batchItemFailures":[{"id":"e1"}]}'],
    ["an entry that is null", '{"batchItemFailures":[null]}'],
    ["a list that is none", '{"batchItemFailures":"e1"}'],
    ["no JSON", "done"],
  ])("fails the whole batch when it has %s: nobody knows what was taken", async (_what, text) => {
    answers(text);
    const failed = { kind: "failed", failure: { class: "ambiguous", scope: "target", code: "SenselessAnswer" } };
    expect(await publish(eventsOf(3))).toMatchObject([failed, failed, failed]);
  });

  it("fails the whole batch when a part failed where it takes batches whole: what follows must not pass by", async () => {
    answers('{"batchItemFailures":[{"itemIdentifier":"e1"}]}');
    const refused = { kind: "failed", failure: { class: "transient", scope: "target", code: "TakenInPart" } };
    expect(await publish(eventsOf(3), publisher({ atomic: true }))).toMatchObject([refused, refused, refused]);
  });

  it("is cut where a reason is long", async () => {
    answers(JSON.stringify({ batchItemFailures: [{ itemIdentifier: "e0", reason: "x".repeat(10_000) }] }));
    const [result] = await publish(eventsOf(2));
    expect(JSON.stringify(result).length).toBeLessThan(400);
  });
});

describe("a function that fails", () => {
  it.each([
    ["an error of its own", { errorType: "TypeError", errorMessage: "x" }, "transient", "TypeError"],
    ["an error without a name", { errorMessage: "x" }, "transient", "UnnamedError"],
    ["a name that is no name", { errorType: "secret payload!" }, "transient", "UnnamedError"],
    ["its timeout", { errorType: "Sandbox.Timedout", errorMessage: "x" }, "ambiguous", "Sandbox.Timedout"],
    ["a nameless timeout", { errorMessage: "2026 Task timed out after 3.00 seconds" }, "ambiguous", "UnnamedError"],
    ["the end of its process", { errorType: "Runtime.ExitError" }, "ambiguous", "Runtime.ExitError"],
    [
      "too long an answer",
      { errorType: "Function.ResponseSizeTooLarge" },
      "ambiguous",
      "Function.ResponseSizeTooLarge",
    ],
  ])("by %s blames nobody for it: core tries its events alone", async (_what, error, failureClass, code) => {
    fails(error);
    const failed = { kind: "failed", failure: { class: failureClass, scope: "target", code } };
    expect(await publish(eventsOf(2))).toMatchObject([failed, failed]);
    expect(await publish(eventsOf(1))).toMatchObject([failed]);
    const [first] = await publish(eventsOf(1));
    expect(first?.kind === "failed" && isDoubtful(first.failure)).toBe(true);
  });

  it.each(["Runtime.ImportModuleError", "Runtime.HandlerNotFound", "Runtime.UserCodeSyntaxError"])(
    "because its code cannot be started (%s) is at fault itself, lastingly",
    async (errorType) => {
      fails({ errorType });
      const failed = { kind: "failed", failure: { class: "permanent", scope: "target", code: errorType } };
      expect(await publish(eventsOf(2))).toMatchObject([failed, failed]);
    },
  );

  it("is not quoted: its words may hold an event", async () => {
    fails({ errorType: "Error", errorMessage: "cannot ship to 7 Secret Key group" });
    expect(JSON.stringify(await publish(eventsOf(1)))).not.toContain("Secret Key group");
  });

  it("by naming every event of a large batch is to blame itself", async () => {
    answers(JSON.stringify({ batchItemFailures: ["e0", "e1", "e2"].map((itemIdentifier) => ({ itemIdentifier })) }));
    const down = { kind: "failed", failure: { class: "transient", scope: "target", code: "BatchItemFailure" } };
    expect(await publish(eventsOf(3))).toMatchObject([down, down, down]);
  });
});

describe("a call that Lambda refuses", () => {
  it.each([
    ["TooManyRequestsException", 429, "failed", "throttled", "target"],
    ["EC2ThrottledException", 502, "failed", "throttled", "target"],
    ["ServiceException", 500, "failed", "transient", "target"],
    ["ResourceNotReadyException", 502, "failed", "transient", "target"],
    ["SnapStartNotReadyException", 409, "failed", "transient", "target"],
    ["ResourceNotFoundException", 404, "failed", "permanent", "target"],
    ["AccessDeniedException", 403, "failed", "permanent", "target"],
    ["KMSDisabledException", 502, "failed", "permanent", "target"],
    ["InvalidRuntimeException", 502, "failed", "permanent", "target"],
    ["RecursiveInvocationException", 400, "failed", "permanent", "target"],
    ["RequestTooLargeException", 413, "refused-together", "permanent", "event"],
    ["InvalidRequestContentException", 400, "refused-together", "permanent", "event"],
  ])("with %s (%i) is %s: %s, of the %s, for each event", async (name, status, kind, failureClass, scope) => {
    mock.on(InvokeCommand).rejects(serviceError(name, status));
    const result = { kind, failure: { class: failureClass, scope } };
    expect(await publish(eventsOf(2))).toMatchObject([result, result]);
  });
});

describe("whether the function exists", () => {
  it("is proven by the acknowledgement, so there is no check", () => {
    expect(publisher().existence).toBeUndefined();
  });
});

describe("the target's configuration", () => {
  it.each([
    [{ functionArn: "orders" }, 'functionArn is "orders": it must be the ARN of a function, with or without an alias.'],
    [{ kind: "sqs" }, 'kind is "sqs": it must be one of lambda.'],
    [{ mode: "all" }, 'mode is "all": it must be one of batch, event.'],
    [{ invocation: "later" }, 'invocation is "later": it must be one of sync, async.'],
    [{ batchSize: 0 }, "batchSize is 0: it must be an integer from 1 to 10000."],
    [
      { timeoutSeconds: 0 },
      "timeoutSeconds is 0: it must be an integer from 1 to 45 (the requeuer, which tries again what the relay could not deliver, has a minute in all).",
    ],
    [{ alsoTo: ["audit"] }, 'alsoTo[0] is "audit": it must be the ARN of a function'],
    [{ mode: "event", batchSize: 7 }, "batchSize is 7: leave it out"],
    [{ atomic: true, mode: "event" }, 'atomic is true: it may be true only where mode is "batch"'],
    [{ atomic: true, invocation: "async" }, 'atomic is true: it may be true only where mode is "batch"'],
  ])("refuses %j and says why", (settings, message) => {
    expect(() => publisher(settings)).toThrow(`OUTBOX_RELAY_TARGET.${message}`);
  });
});
