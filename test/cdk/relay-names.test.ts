import { App, Aws, Stack, Stage } from "aws-cdk-lib";
import { expect, test } from "vitest";
import { createOwnStack, createRelay } from "./fixtures.ts";

const HERE = { account: "111111111111", region: "eu-west-1" };
const ELSEWHERE = { account: "222222222222", region: "eu-west-1" };
const named = (stack: Stack, id = "Relay", relayName = "orders") =>
  createRelay(stack, { relayName, tableLogicalId: `${id}Table` }, id);
const message = (path: string, other: string) =>
  `${path}.relayName is "orders": ${other} has that name in the same account and region, and the two would share metrics, alarms and a lease; give each one its own.`;

test("two relays of one name are refused in a stack", () => {
  const stack = createOwnStack();
  named(stack, "One");
  expect(() => named(stack, "Two")).toThrow(message("Orders/Two", "Orders/One"));
  named(stack, "Three", "audit");
});

test("and in two stacks of an app, both in one place or both in any", () => {
  for (const props of [{ env: HERE }, {}]) {
    const app = new App();
    named(new Stack(app, "One", props));
    expect(() => named(new Stack(app, "Two", props))).toThrow(message("Two/Relay", "One/Relay"));
  }
});

test("and not where they are in two places, in two stages, or nobody can tell yet", () => {
  const app = new App();
  named(new Stack(app, "Here", { env: HERE }));
  named(new Stack(app, "There", { env: ELSEWHERE }));
  named(new Stack(app, "Anywhere"));
  for (const stage of ["Test", "Production"]) named(new Stack(new Stage(app, stage), "Orders"));
  const stack = new Stack(new App(), "Later");
  for (const id of ["One", "Two"]) named(stack, id, Aws.STACK_NAME);
});

test("but in two stages of one place they are", () => {
  const app = new App();
  named(new Stack(new Stage(app, "Test", { env: HERE }), "Orders"));
  expect(() => named(new Stack(new Stage(app, "Production", { env: HERE }), "Orders"))).toThrow("has that name");
});
