import { inspect } from "node:util";
import { ConditionalCheckFailedException, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import type { EventInput } from "../../lib/client/index.ts";
import { createOutbox, ScriptedDynamoDb } from "./fixtures.ts";

const SECRET = "hunter2";
const DESTINATIONS = [
  `https://me:${SECRET}@host`,
  `amqps://me:${SECRET}@host`,
  `https://host/?token=${SECRET}`,
  `token:${SECRET}`,
];

const incompressible = Array.from({ length: 200_000 }, (_unused, index) =>
  (Math.imul(index, 2_654_435_761) >>> 0).toString(36),
).join("");

const refused = (name: string, status: number) =>
  Object.assign(new Error(`${name} happened`), { name, $metadata: { httpStatusCode: status } });
const exists = new TransactionCanceledException({
  message: "Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed]",
  $metadata: {},
  CancellationReasons: [{ Code: "ConditionalCheckFailed" }],
});

/** What the event is beside its destination, and what DynamoDB answers. */
const CASES: readonly (readonly [string, object, Error | undefined])[] = [
  ["another field is wrong", { type: 1 }, undefined],
  ["the event is too large", { data: incompressible }, undefined],
  ["the destination is no well-formed text", { tail: "\ud800" }, undefined],
  ["the field is misspelt", { misspelt: true }, undefined],
  ["the event exists", {}, exists],
  ["DynamoDB throttles", {}, refused("ThrottlingException", 400)],
  ["DynamoDB does not answer", {}, refused("TimeoutError", 500)],
  ["DynamoDB refuses", {}, refused("ValidationException", 400)],
];

describe.each(CASES)(
  "a writer's error when %s",
  (_when, { tail = "", misspelt = false, ...change }: Change, answer) => {
    it.each(DESTINATIONS)("holds nothing of a destination with credentials, nor do its causes: %s", async (address) => {
      const client = new ScriptedDynamoDb(answer);
      const event = { type: "t", [misspelt ? "destinaton" : "destination"]: address + tail, ...change };
      const error: unknown = await createOutbox({ client })
        .transact([], [event as EventInput])
        .then(
          () => undefined,
          (caught: unknown) => caught,
        );
      expect(error).toBeInstanceOf(Error);
      for (let each = error; each instanceof Error; each = each.cause) {
        expect(`${each.stack} ${JSON.stringify(each)}`).not.toContain(SECRET);
      }
    });
  },
);

describe("a put that finds another event at its key", () => {
  it("tells nothing of the row that is there, neither its payload nor its destination", async () => {
    const taken = new ConditionalCheckFailedException({
      message: "The conditional request failed",
      $metadata: {},
      Item: { pk: { S: "e1" }, sk: { N: "1" }, data: { S: SECRET }, destination: { S: `https://me:${SECRET}@host` } },
    });
    const error: unknown = await createOutbox({ client: new ScriptedDynamoDb(taken) })
      .put({ type: "t", id: "e1" })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: "EventExistsError", cause: { name: "ConditionalCheckFailedException" } });
    for (let each = error; each instanceof Error; each = each.cause) {
      expect(inspect(each, { depth: 9 }) + JSON.stringify(each)).not.toContain(SECRET);
    }
  });
});

interface Change {
  readonly tail?: string;
  readonly misspelt?: boolean;
}
