import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { CreateFunctionCommand, DeleteFunctionCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../lib/aws/system.ts";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { connect } from "../../../lib/local/clients.ts";
import { createPublisher } from "../../../lib/targets/lambda/publisher.ts";
import type { LambdaCallSettings } from "../../../lib/targets/lambda/settings.ts";
import { eventOf, eventsOf } from "../../aws/fixtures.ts";
import { eventually } from "../../setup/eventually.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { describeTarget } from "../contract.ts";
import { type OpenTarget, type ReceivedEvent, receivedJson, type TargetEngine } from "../engine.ts";
import { emulatedAws } from "./emulated-aws.ts";

/** The functions' own timeout. */
const FUNCTION_SECONDS = 3;

describeTarget("a Lambda function, in batches", () => lambdaEngine({ mode: "batch" }));
describeTarget("a Lambda function, event by event", () => lambdaEngine({ mode: "event" }));

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A function that returns nothing. */
const NOTHING: Answer = { status: 200, body: "null" };

/**
 * The code of all functions: the emulator passes each call to it. The emulator's own Node.js workers would not do, for they
 * break on a payload that is not an object. AWS takes an array.
 */
class Handlers {
  /** What functions answer from now on; undefined: they never answer. A status of 500 is an error that they throw. */
  answer: Answer | undefined = NOTHING;
  readonly #payloads = new Map<string, unknown[]>();
  readonly #server = createServer((request, response) => this.#handle(request, response));

  static async start(): Promise<Handlers> {
    const handlers = new Handlers();
    await new Promise<void>((resolve) => handlers.#server.listen(0, "127.0.0.1", resolve));
    return handlers;
  }

  urlOf(functionName: string, host: string): string {
    return `http://${host}:${(this.#server.address() as AddressInfo).port}/${functionName}`;
  }

  /** The payloads of a function, in the order of its calls. */
  payloadsOf(functionName: string): readonly unknown[] {
    return this.#payloads.get(functionName) ?? [];
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const functionName = request.url?.slice(1) ?? "";
    const payload = JSON.parse(await text(request));
    const payloads = this.#payloads.get(functionName) ?? [];
    this.#payloads.set(functionName, payloads);
    payloads.push(payload);
    if (this.answer !== undefined) response.writeHead(this.answer.status).end(this.answer.body);
  }
}

async function startLambda() {
  const { emulator, proxy, end } = await emulatedAws();
  const clients = connect(emulator.endpoint);
  const handlers = await Handlers.start();
  return {
    lambda: clients.lambda,
    proxy,
    handlers,
    /** Resolves with the function's ARN. */
    async createFunction(functionName: string): Promise<string> {
      const { FunctionArn = "" } = await clients.lambda.send(
        new CreateFunctionCommand({
          FunctionName: functionName,
          Runtime: "nodejs24.x",
          Handler: "index.handler",
          Role: "arn:aws:iam::000000000000:role/any",
          Timeout: FUNCTION_SECONDS,
          Code: { ZipFile: Buffer.from("its code runs in this process") },
          Environment: {
            Variables: { MINISTACK_LAMBDA_PROXY_URL: handlers.urlOf(functionName, emulator.hostForFunctions) },
          },
        }),
      );
      return FunctionArn;
    },
    async end() {
      clients.destroy();
      await handlers.close();
      await end();
    },
  };
}

const deleteFunction = async (lambda: LambdaClient, FunctionName: string): Promise<void> =>
  void (await lambda.send(new DeleteFunctionCommand({ FunctionName })));

async function lambdaEngine(call: Partial<LambdaCallSettings>): Promise<TargetEngine> {
  const { lambda, proxy, handlers, createFunction, end } = await startLambda();
  return {
    createPublisher,
    proxy,
    traits: { deduplicates: false, ordered: true, missingCode: /ResourceNotFound/ },
    async open(): Promise<OpenTarget> {
      const functionName = `contract-${randomUUID()}`;
      const functionArn = await createFunction(functionName);
      const missing = "no-such-function";
      return {
        config: { kind: "lambda", functionArn, alsoTo: [functionArn.replace(functionName, missing)], ...call },
        missing,
        received: async () => handlers.payloadsOf(functionName).flatMap(receivedEvents),
        close: () => deleteFunction(lambda, functionName),
      };
    },
    end,
  };
}

const receivedEvents = (payload: unknown): readonly ReceivedEvent[] =>
  [payload].flat().map((event) => receivedJson(JSON.stringify(event)));

describe("a Lambda function", () => {
  const ACKNOWLEDGED = { kind: "acknowledged" };
  const functionName = `function-${randomUUID()}`;
  let server: Awaited<ReturnType<typeof startLambda>>;
  let functionArn: string;
  beforeAll(async () => {
    server = await startLambda();
    functionArn = await server.createFunction(functionName);
  });
  afterAll(() => server?.end());

  const publish = (events: readonly OutboxEvent[], call: Partial<LambdaCallSettings> = {}) =>
    createPublisher({
      config: { kind: "lambda", functionArn, ...call },
      path: "OUTBOX_RELAY_TARGET",
      concurrency: 1,
      clock: systemClock,
      telemetry: new RecordingTelemetry(),
    }).publish(functionArn, events, systemClock.now() + 10_000);

  it("acknowledges all but the events that it names", async () => {
    server.handlers.answer = { status: 200, body: '{"batchItemFailures":[{"itemIdentifier":"e1"}]}' };
    expect(await publish(eventsOf(3))).toMatchObject([
      ACKNOWLEDGED,
      { kind: "failed", failure: { class: "transient", scope: "event", code: "BatchItemFailure" } },
      ACKNOWLEDGED,
    ]);
  });

  it("acknowledges nothing where it names what it was not given", async () => {
    server.handlers.answer = { status: 200, body: '{"batchItemFailures":[{"itemIdentifier":"other"}]}' };
    const failed = { kind: "failed", failure: { class: "ambiguous", scope: "target", code: "SenselessAnswer" } };
    expect(await publish(eventsOf(2))).toMatchObject([failed, failed]);
  });

  it("acknowledges nothing where it throws, and is not quoted", async () => {
    server.handlers.answer = { status: 500, body: "7 Secret Key group" };
    const results = await publish(eventsOf(2));
    // The core finds out whether one of its events or the function is to blame: it tries the events alone.
    const thrown = { kind: "failed", failure: { scope: "target" } };
    expect(results).toMatchObject([thrown, thrown]);
    expect(JSON.stringify(results)).not.toContain("Secret Key group");
    expect(await publish([eventOf()])).toMatchObject([thrown]);
  });

  it("may have taken what it was given when its time ran out", async () => {
    server.handlers.answer = undefined;
    const deadlineExceeded = { class: "ambiguous", scope: "target", code: "Sandbox.Timedout" };
    expect(await publish([eventOf()])).toMatchObject([{ kind: "failed", failure: deadlineExceeded }]);
  });

  it("that is slower than the relay waits may have taken it too", async () => {
    server.handlers.answer = undefined;
    expect(await publish([eventOf()], { timeoutSeconds: 1 })).toMatchObject([
      { kind: "failed", failure: { class: "ambiguous", scope: "target" } },
    ]);
  });

  it("is called later where Lambda's queue is to acknowledge, whatever becomes of the call", async () => {
    server.handlers.answer = NOTHING;
    const queued = [eventOf({ id: "queued1" }), eventOf({ id: "queued2" })];
    expect(await publish(queued, { invocation: "async" })).toEqual([ACKNOWLEDGED, ACKNOWLEDGED]);
    const payloads = () => server.handlers.payloadsOf(functionName).map((payload) => JSON.stringify(payload));
    const expected = `[${queued.map(({ json }) => json).join(",")}]`;
    await eventually(
      "the function is called",
      () => payloads().includes(expected),
      () => `It was called ${payloads().length} times`,
    );
  });
});
