import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Arrival } from "../../dev/demo/arrivals.ts";
import { PROJECT_ROOT } from "../../lib/local/run-folder.ts";
import { eventually } from "../setup/eventually.ts";
import { Harness } from "./harness/harness.ts";

let harness: Harness;
let readme: string;

beforeAll(async () => {
  readme = await readFile(join(PROJECT_ROOT, "README.md"), "utf8");
  harness = await Harness.open("ReadmeTest");
});

afterAll(() => harness.close());
beforeEach(() => harness.reset());

/** The part of the README that a pattern's group finds. */
function inReadme(what: string, pattern: RegExp): string {
  const found = pattern.exec(readme)?.[1];
  if (found === undefined) {
    throw new Error(`README.md has no ${what}: nothing in it is like ${pattern}`);
  }
  return found;
}

/** Waits for the one event of these tests that arrives with this content. */
async function arrivalOf(isIt: (arrival: Arrival) => boolean): Promise<Arrival> {
  const find = () => [...harness.subscriber.arrivals.byId.values()].find(isIt);
  await eventually(
    "the event arrives",
    () => find() !== undefined,
    () => `${harness.subscriber.arrivals.byId.size} others have.`,
  );
  return find() as Arrival;
}

describe("the README", () => {
  it("shows a row for the AWS CLI that arrives as the CloudEvent it shows, with no library of ours involved", async () => {
    // The CLI sends this JSON unchanged, so a plain PutItem does the same.
    const condition = inReadme("put-item command", /put-item [^{]*--condition-expression '([^']+)'/);
    const item = JSON.parse(inReadme("put-item command", /put-item [^{]*--item '([^']+)'/));
    await harness.clients.dynamodb.send(
      new PutItemCommand({
        TableName: harness.deployment.tableName,
        Item: item,
        ConditionExpression: condition,
      }),
    );
    const { event, copies } = await arrivalOf(({ eventId }) => eventId === item.id.S);
    expect(event).toEqual(JSON.parse(inReadme("CloudEvent", /## What arrives[\s\S]*?```json\n([\s\S]*?)```/)));
    expect(copies).toBe(1);
    await harness.untilEmpty();
  });
});
