import { App, Stack, Stage, Annotations as Warnings } from "aws-cdk-lib";
import { Annotations, Match } from "aws-cdk-lib/assertions";
import { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { describe, expect, test } from "vitest";
import { GAP_WARNING } from "../../../lib/cdk/tables/shared-table.ts";
import type { EventTypes } from "../../../lib/contract/settings/event-types.ts";
import { createOwnStack, createRelay } from "../fixtures.ts";

const ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/Outbox";
const imported = (stack: Stack, id: string) =>
  TableV2.fromTableAttributes(stack, id, { tableArn: ARN, tableStreamArn: `${ARN}/stream/2026-01-01T00:00:00.000` });

/** A stack of relays on one table. */
function sharing(...shares: readonly (EventTypes | undefined)[]): Stack {
  const stack = createOwnStack();
  const [first, ...others] = shares.map((eventTypes) => (eventTypes === undefined ? {} : { eventTypes }));
  const { table } = createRelay(stack, { ...first }, "Relay0");
  for (const [index, other] of others.entries()) createRelay(stack, { ...other, table }, `Relay${index + 1}`);
  return stack;
}

const warningsOf = (stack: Stack) =>
  Annotations.fromStack(stack)
    .findWarning("*", Match.anyValue())
    .map(({ id, entry }) => [id, String(entry.data)] as const)
    .filter(([, text]) => text.includes(GAP_WARNING));

describe("relays of an app that share a table", () => {
  test.each<[EventTypes | undefined, EventTypes | undefined, string]>([
    [undefined, undefined, "every row"],
    [undefined, { only: ["a.*"] }, "a.*"],
    [{ only: ["a.*"] }, undefined, "a.*"],
    [{ only: ["a.*"] }, { only: ["a.b"] }, "a.b"],
    [{ only: ["a.*", "c"] }, { except: ["a.*"] }, "c"],
    [{ except: ["a.*"] }, { except: ["b.*"] }, "whatever neither leaves out"],
  ])("are refused where both take a row: %j beside %j", (one, other, both) => {
    expect(() => sharing(one, other)).toThrow(
      `Orders/Relay1.eventTypes is ${JSON.stringify(other)}: Orders/Relay0 reads the same table, and both would deliver ${both}; ` +
        "let one of them say except with what the other says under only.",
    );
  });

  test("are no more than two: a third reader of the stream throttles all", () => {
    expect(() => sharing({ only: ["a.*"] }, { only: ["b.*"] }, { except: ["a.*", "b.*"] })).toThrow(
      /^Orders\/Relay2\.table is ".+": its stream is read by Orders\/Relay0 and Orders\/Relay1 already, and a third reader/,
    );
  });

  test("are warned of rows that none of them takes, once, and it can be acknowledged", () => {
    const stack = sharing({ only: ["a.*"] }, { only: ["b.*"] });
    const [[path, text] = [], ...others] = warningsOf(stack);
    expect(others).toEqual([]);
    expect(path).toBe("/Orders/Relay0");
    expect(text).toContain("No relay of this app delivers any type but a.*, b.*, and rows whose type cannot be read");
    const acknowledged = sharing({ except: ["a.*"] });
    Warnings.of(acknowledged).acknowledgeWarning(GAP_WARNING);
    expect(warningsOf(acknowledged)).toEqual([]);
  });

  test("say nothing where each row is one relay's", () => {
    expect(warningsOf(sharing({ only: ["a.*"] }, { except: ["a.*"] }))).toEqual([]);
    expect(warningsOf(sharing(undefined))).toEqual([]);
  });

  test("that leave types to nobody are told of them, alone on a table too", () => {
    expect(warningsOf(sharing({ except: ["a.*"] }))[0]?.[1]).toContain("No relay of this app delivers a.*:");
  });

  test("are found by the same literal ARN, in two stacks", () => {
    const app = new App();
    const [one, two] = [new Stack(app, "One"), new Stack(app, "Two")];
    const { relay } = createRelay(one, { table: imported(one, "Table"), eventTypes: { only: ["a.*"] } });
    expect(relay).toBeDefined();
    expect(() => createRelay(two, { table: imported(two, "Table") })).toThrow("One/Relay reads the same table");
  });

  test.each([
    [
      "by name, with its stream",
      (stack: Stack) =>
        TableV2.fromTableAttributes(stack, "Again", {
          tableName: "Outbox",
          tableStreamArn: `${ARN}/stream/2026-01-01T00:00:00.000`,
        }),
    ],
    ["by ARN, again", (stack: Stack) => imported(stack, "Again")],
  ])("are found where one imports the table by ARN and the other %s", (_how, again) => {
    const stack = createOwnStack();
    createRelay(stack, { table: imported(stack, "Table") }, "One");
    expect(() => createRelay(stack, { table: again(stack) }, "Two")).toThrow("Orders/One reads the same table");
  });

  test("are not taken to share what only looks the same: a pinned logical id in two stages, a name in two accounts", () => {
    const app = new App();
    for (const name of ["Test", "Production"]) {
      const stack = new Stack(new Stage(app, name), "Orders");
      createRelay(stack);
      const byName = new Stack(app, `${name}ByName`);
      const tableArn = byName.formatArn({ service: "dynamodb", resource: "table", resourceName: "Outbox" });
      const table = TableV2.fromTableAttributes(byName, "Table", { tableArn, tableStreamArn: `${tableArn}/stream/1` });
      createRelay(byName, { table });
    }
  });
});
