import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { PublishBatchCommand, SNSClient } from "@aws-sdk/client-sns";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { Msg } from "@nats-io/transport-node";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { isDenial, refusedCall } from "../../lib/aws/aws-failure.ts";
import { sqsDeadLetterQueue } from "../../lib/aws/dead-letter-queue.ts";
import { deadLetterText } from "../../lib/contract/dead-letter.ts";
import { FAILURE_CLASSES, FAILURE_SCOPES } from "../../lib/contract/failure.ts";
import { errorName } from "../../lib/contract/telemetry/error-name.ts";
import type { Publisher, PublishResult } from "../../lib/core/ports.ts";
import { createPublisher as toEventBridge } from "../../lib/targets/eventbridge/publisher.ts";
import { createPublisher as toKinesis } from "../../lib/targets/kinesis/publisher.ts";
import { createPublisher as toLambda } from "../../lib/targets/lambda/publisher.ts";
import { nakadiResults } from "../../lib/targets/nakadi/answer.ts";
import { answerResult } from "../../lib/targets/nats/failures.ts";
import { returnedId } from "../../lib/targets/rabbitmq/message.ts";
import { connectFailure } from "../../lib/targets/shared/run/connect-failure.ts";
import { refusalOf } from "../../lib/targets/shared/run/http/failures.ts";
import { clientCredentials } from "../../lib/targets/shared/run/http/oauth-token.ts";
import type { HttpAnswer } from "../../lib/targets/shared/run/http/transport.ts";
import { createPublisher as toSns } from "../../lib/targets/sns/publisher.ts";
import { createPublisher as toSqs } from "../../lib/targets/sqs/publisher.ts";
import { deadLetterOf, eventsOf } from "../aws/fixtures.ts";
import { mockClient } from "../setup/mocked-clients.ts";
import { RecordingTelemetry } from "../world/recording-telemetry.ts";
import { VirtualClock } from "../world/virtual-clock.ts";
import { hostileJson, hostileText } from "./hostile-json.ts";
import { mutated } from "./mutated-json.ts";

const RUNS = { numRuns: 400, seed: 20_260_131 };

const mocks = {
  sqs: mockClient(SQSClient),
  sns: mockClient(SNSClient),
  eventbridge: mockClient(EventBridgeClient),
  kinesis: mockClient(KinesisClient),
  lambda: mockClient(LambdaClient),
};
afterEach(() => {
  for (const mock of Object.values(mocks)) mock.reset();
});

const clock = new VirtualClock();
const ports = { path: "OUTBOX_RELAY_TARGET", concurrency: 8, clock, telemetry: new RecordingTelemetry() };
const UNTIL = clock.now() + 10_000;
const EVENTS = eventsOf(5);
/** The event in the middle gets the odd answer. */
const ODD = 2;

/** What core can go by, whatever it was made of. */
function expectTyped(result: PublishResult | undefined): void {
  if (result?.kind === "acknowledged") {
    for (const told of Object.values(result.receipt ?? {})) expect(typeof told).toBe("string");
    return;
  }
  expect(result?.failure).toMatchObject({
    class: expect.toBeOneOf([...FAILURE_CLASSES]),
    scope: expect.toBeOneOf([...FAILURE_SCOPES]),
    code: expect.stringMatching(/./),
    message: expect.stringMatching(/./s),
  });
  expect(result?.failure.code).not.toMatch(/undefined|\[object|NaN/);
}

const destinationOf = (publisher: Publisher) => publisher.destinationOf({});
const published = (publisher: Publisher) => publisher.publish(destinationOf(publisher), EVENTS, UNTIL);

/** A list of entries of which one is odd, and the answer that holds them. */
interface BatchTarget {
  readonly name: string;
  readonly publisher: Publisher;
  readonly taken: (index: number) => object;
  readonly refused: (index: number) => object;
  /** @param odd stands among the entries that were taken, or among the refused ones where the answer keeps two lists. */
  readonly answer: (taken: readonly unknown[], refused: readonly unknown[]) => void;
  readonly results: () => Promise<readonly PublishResult[]>;
}

const entriesOf = (indices: readonly number[], entryOf: (index: number) => object): readonly unknown[] =>
  indices.map(entryOf);
const OTHERS = [0, 1, 3, 4];
/** The lists as the answer of a target that keeps the entries in their order. */
const inOrder = (taken: readonly unknown[], refused: readonly unknown[]) => taken.toSpliced(ODD, 0, ...refused);

const sqs = toSqs({
  ...ports,
  config: { kind: "sqs", queueUrl: "https://sqs.us-east-1.amazonaws.com/123456789012/q" },
});
const sns = toSns({ ...ports, config: { kind: "sns", topicArn: "arn:aws:sns:us-east-1:123456789012:t" } });
const kinesis = toKinesis({
  ...ports,
  config: { kind: "kinesis", streamArn: "arn:aws:kinesis:us-east-1:123456789012:stream/s" },
});
const eventbridge = toEventBridge({ ...ports, config: { kind: "eventbridge", busName: "b" } });
const FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f";

const twoLists = {
  taken: (index: number) => ({ Id: `${index}`, MessageId: `m${index}`, SequenceNumber: "1" }),
  refused: (index: number) => ({ Id: `${index}`, Code: "InternalError", Message: "refused", SenderFault: true }),
};
const nakadiAnswer = (status: number, body: string): HttpAnswer => ({
  ...{ kind: "answered", status, headers: {}, body, cut: false },
});
let nakadiBody = "";
const BATCH_TARGETS: readonly BatchTarget[] = [
  {
    ...{ name: "SQS", publisher: sqs, ...twoLists },
    answer: (Successful, Failed) => mocks.sqs.on(SendMessageBatchCommand).resolves({ Successful, Failed } as never),
    results: () => published(sqs),
  },
  {
    ...{ name: "SNS", publisher: sns, ...twoLists },
    answer: (Successful, Failed) => mocks.sns.on(PublishBatchCommand).resolves({ Successful, Failed } as never),
    results: () => published(sns),
  },
  {
    ...{ name: "Kinesis", publisher: kinesis },
    taken: () => ({ SequenceNumber: "1", ShardId: "s" }),
    refused: () => ({ ErrorCode: "InternalFailure", ErrorMessage: "refused" }),
    answer: (taken, refused) =>
      mocks.kinesis.on(PutRecordsCommand).resolves({ Records: inOrder(taken, refused) } as never),
    results: () => published(kinesis),
  },
  {
    ...{ name: "EventBridge", publisher: eventbridge },
    taken: (index) => ({ EventId: `i${index}` }),
    refused: () => ({ ErrorCode: "InternalFailure", ErrorMessage: "refused" }),
    answer: (taken, refused) =>
      mocks.eventbridge.on(PutEventsCommand).resolves({ Entries: inOrder(taken, refused) } as never),
    results: () => published(eventbridge),
  },
  {
    ...{ name: "Nakadi", publisher: sqs },
    taken: (index) => ({ eid: `e${index}`, publishing_status: "submitted", step: "publishing", detail: "" }),
    refused: (index) => ({ eid: `e${index}`, publishing_status: "failed", step: "validating", detail: "refused" }),
    answer: (taken, refused) => {
      nakadiBody = JSON.stringify(inOrder(taken, refused));
    },
    results: async () =>
      nakadiResults(
        nakadiAnswer(207, nakadiBody),
        EVENTS.map(({ id }) => id),
        clock,
      ),
  },
];

describe.each(BATCH_TARGETS)("the answer of $name", ({ taken, refused, answer, results }) => {
  const expectOthersTaken = async () => {
    const read = await results();
    expect(read).toHaveLength(EVENTS.length);
    expect(OTHERS.map((index) => read[index]?.kind)).toEqual(OTHERS.map(() => "acknowledged"));
    expectTyped(read[ODD]);
  };

  it("acknowledges the neighbours of an odd entry, and gives that one a result of its own", async () => {
    const odd = fc.oneof(hostileJson, mutated(refused(ODD)), mutated(taken(ODD)));
    await fc.assert(
      fc.asyncProperty(odd, async (entry) => {
        answer(entriesOf(OTHERS, taken), [entry]);
        await expectOthersTaken();
      }),
      RUNS,
    );
  });

  it("acknowledges the neighbours of an odd entry among those that were taken", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(hostileJson, mutated(taken(ODD))), async (entry) => {
        answer(entriesOf(OTHERS, taken).toSpliced(ODD, 0, entry), []);
        await expectOthersTaken();
      }),
      RUNS,
    );
  });

  it("is read whatever stands for its lists", async () => {
    await fc.assert(
      fc.asyncProperty(hostileJson, hostileJson, async (one, other) => {
        answer(Array.isArray(one) ? one : [one], Array.isArray(other) ? other : [other]);
        const read = await results();
        expect(read).toHaveLength(EVENTS.length);
        for (const result of read) expectTyped(result);
      }),
      RUNS,
    );
  });
});

/** Each event of a call has a result of its own, whatever was answered. */
async function expectTypedResults(publisher: Publisher): Promise<void> {
  const read = await published(publisher);
  expect(read).toHaveLength(EVENTS.length);
  for (const result of read) {
    expectTyped(result);
    // An error of our own would have this name.
    expect(result).not.toHaveProperty("failure.code", "TypeError");
  }
}

describe("an answer that is no answer", () => {
  it.each<readonly [string, Publisher, (answer: never) => void]>([
    ["SQS", sqs, (answer) => mocks.sqs.on(SendMessageBatchCommand).resolves(answer)],
    ["SNS", sns, (answer) => mocks.sns.on(PublishBatchCommand).resolves(answer)],
    ["Kinesis", kinesis, (answer) => mocks.kinesis.on(PutRecordsCommand).resolves(answer)],
    ["EventBridge", eventbridge, (answer) => mocks.eventbridge.on(PutEventsCommand).resolves(answer)],
  ])("of %s leaves each event's fate open", async (_name, publisher, answer) => {
    const lists = fc.record({
      Successful: hostileJson,
      Failed: hostileJson,
      Records: hostileJson,
      Entries: hostileJson,
    });
    await fc.assert(
      fc.asyncProperty(lists, async (given) => {
        answer(given as never);
        await expectTypedResults(publisher);
      }),
      RUNS,
    );
  });
});

describe("the answer of a function", () => {
  const publisher = toLambda({ ...ports, config: { kind: "lambda", functionArn: FUNCTION, mode: "batch" } });
  const answers = (body: unknown, more: object = {}) =>
    mocks.lambda
      .on(InvokeCommand)
      .resolves({ StatusCode: 200, Payload: Buffer.from(JSON.stringify(body)), ...more } as never);

  it("takes the neighbours of an event that it names, whatever its reason is", async () => {
    await fc.assert(
      fc.asyncProperty(hostileJson, async (reason) => {
        answers({ batchItemFailures: [{ itemIdentifier: "e2", reason }] });
        const read = await published(publisher);
        expect(OTHERS.map((index) => read[index]?.kind)).toEqual(OTHERS.map(() => "acknowledged"));
        expectTyped(read[ODD]);
        expect(read[ODD]).toMatchObject({ failure: { code: "BatchItemFailure" } });
      }),
      RUNS,
    );
  });

  it("is read whatever it is", async () => {
    const failures = fc.record({ batchItemFailures: fc.oneof(hostileJson, fc.array(hostileJson, { maxLength: 3 })) });
    const fault = fc.record({ errorType: hostileJson, errorMessage: hostileJson });
    await fc.assert(
      fc.asyncProperty(fc.oneof(hostileJson, failures, fault), fc.boolean(), async (body, isError) => {
        answers(body, isError ? { FunctionError: "Unhandled" } : {});
        await expectTypedResults(publisher);
      }),
      RUNS,
    );
  });
});

describe("the answer of JetStream", () => {
  const good = { stream: "S", seq: 7, duplicate: false, domain: "d" };
  const refusal = { error: { code: 503, err_code: 10077, description: "full" }, stream: "S", seq: 0 };

  it("is read whatever it is", () => {
    const text = fc.oneof(
      hostileText,
      fc.oneof(mutated(good), mutated(refusal)).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(undefined, "orders.placed"), (each, route) => {
        const result = answerResult({ json: () => JSON.parse(each) } as unknown as Msg, route);
        expectTyped(result);
        if (result.kind === "acknowledged") {
          expect(JSON.parse(each)).toMatchObject({ stream: expect.any(String), seq: expect.any(Number) });
          expect(JSON.parse(each).error ?? undefined).toBeUndefined();
        }
      }),
      { ...RUNS, numRuns: 3_000 },
    );
  });
});

describe("the answer of a server of HTTP", () => {
  const status = fc.constantFrom(100, 200, 204, 301, 400, 401, 404, 408, 410, 422, 429, 500, 503, 504);

  it("is read whatever its status, its headers and its body are", () => {
    fc.assert(
      fc.property(status, fc.oneof(fc.string(), hostileText), hostileText, (code, retryAfter, body) => {
        const headers = { "retry-after": retryAfter };
        const answer: HttpAnswer = { kind: "answered", status: code, headers, body, cut: false };
        expectTyped(refusalOf(answer, clock));
        for (const result of nakadiResults(answer, ["e0", "e1"], clock)) expectTyped(result);
      }),
      RUNS,
    );
  });

  it("of a token endpoint holds a token, or is refused", async () => {
    const good = { access_token: "t", token_type: "bearer", expires_in: 300, error: "invalid_client" };
    const body = fc.oneof(
      hostileText,
      mutated(good).map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(status, body, async (code, text) => {
        const credentials = clientCredentials(
          { tokenUrl: "https://auth.example.com", clientId: "c", clientSecret: {} } as never,
          {
            clock,
            secrets: { read: async () => "s", forget: () => undefined },
            transport: { post: async () => nakadiAnswer(code, text) },
          },
        );
        const proof = await clock.run(() => credentials.proof(clock.now() + 5_000));
        if (proof.kind === "header") expect(proof.value).toMatch(/^Bearer [\x21-\x7e]+$/);
        else expectTyped({ kind: "failed", failure: proof.failure });
      }),
      RUNS,
    );
  });
});

describe("what a broker of RabbitMQ sends back", () => {
  it("has an id or none, whatever its headers are", () => {
    fc.assert(
      fc.property(fc.oneof(hostileJson, mutated({ "cloudEvents:id": "e1" })), (headers) => {
        expect(["string", "undefined"]).toContain(typeof returnedId(headers));
      }),
      RUNS,
    );
  });
});

describe("an error that is none", () => {
  it("of a call is a failure like others", () => {
    const error = fc.oneof(
      hostileJson,
      mutated({ name: "ThrottlingException", message: "m", code: "c", Code: "c", $metadata: { httpStatusCode: 400 } }),
    );
    fc.assert(
      fc.property(error, (thrown) => {
        expectTyped(refusedCall(thrown, { Throttled: "throttled" }));
        expectTyped({ kind: "failed", failure: connectFailure(thrown) });
        expect(typeof isDenial(thrown)).toBe("boolean");
        expect(typeof errorName(thrown)).toBe("string");
      }),
      RUNS,
    );
  });
});

describe("the dead-letter queue", () => {
  const queueUrl = "https://sqs.us-east-1.amazonaws.com/123456789012/dead-letters";
  const queue = () =>
    sqsDeadLetterQueue({ client: new SQSClient({ region: "us-east-1" }), queueUrl, telemetry: ports.telemetry });
  const sent = Array.from({ length: 3 }, (_unused, index) => deadLetterOf({ id: `e${index}` }));
  const good = (receipt: string) => ({
    ReceiptHandle: receipt,
    Body: deadLetterText(deadLetterOf({ id: "e0" }), 100_000),
  });

  it("hands out every good dead letter, whatever stands between", async () => {
    const body = fc.oneof(
      hostileText,
      mutated({ DDBStreamBatchInfo: { batchSize: 3 } }).map((value) => JSON.stringify(value)),
    );
    const odd = fc.oneof(
      hostileJson,
      body.map((Body) => ({ ReceiptHandle: "odd", Body })),
      mutated(good("odd")),
    );
    await fc.assert(
      fc.asyncProperty(odd, async (message) => {
        mocks.sqs.on(ReceiveMessageCommand).resolves({ Messages: [good("r1"), message, good("r2")] } as never);
        const received = await queue().receive(60, "short");
        const ours = received.filter(({ receipt }) => receipt === "r1" || receipt === "r2");
        expect(ours.map(({ content }) => content.kind)).toEqual(["event", "event"]);
      }),
      RUNS,
    );
  });

  it("tells which dead letters it took, and goes on, whatever it says of the others", async () => {
    const failure = fc.oneof(hostileJson, mutated({ Id: "1", Code: "c", Message: "m", SenderFault: true }));
    await fc.assert(
      fc.asyncProperty(failure, hostileJson, async (failed, attributes) => {
        mocks.sqs
          .on(SendMessageBatchCommand)
          .resolves({ Successful: [{ Id: "0" }, { Id: "2" }], Failed: [failed] } as never);
        mocks.sqs.on(DeleteMessageBatchCommand).resolves({ Successful: [], Failed: [failed] } as never);
        mocks.sqs.on(ChangeMessageVisibilityBatchCommand).resolves({ Successful: [], Failed: [failed] } as never);
        mocks.sqs.on(GetQueueAttributesCommand).resolves({ Attributes: attributes } as never);
        expect(await queue().send(sent)).toEqual([true, false, true]);
        await queue().delete(["r1"]);
        await queue().hide([{ receipt: "r1", seconds: 1 }]);
        const { visible, hidden } = await queue().depth();
        expect([visible, hidden].every((count) => Number.isSafeInteger(count) && count >= 0)).toBe(true);
      }),
      RUNS,
    );
  });
});
