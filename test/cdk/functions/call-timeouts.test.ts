import { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { describe, expect, test } from "vitest";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import { createOwnStack, createRelay } from "../fixtures.ts";

const url = "https://events.example.com/orders";
const functionArn = "arn:aws:lambda:us-east-1:123456789012:function:billing";

/** Each target whose calls may take as long as a setting says, and that setting's unit. */
const TARGETS = [
  [
    "timeoutSeconds",
    1,
    (timeoutSeconds: number) => {
      const stack = createOwnStack();
      const billing = LambdaFunction.fromFunctionArn(stack, "Billing", functionArn);
      return { stack, target: OutboxTarget.lambda(billing, { timeoutSeconds }) };
    },
  ],
  [
    "timeoutMs",
    1_000,
    (timeoutMs: number) => ({ stack: createOwnStack(), target: OutboxTarget.http({ url, timeoutMs }) }),
  ],
  [
    "timeoutMs",
    1_000,
    (timeoutMs: number) => ({
      stack: createOwnStack(),
      target: OutboxTarget.nakadi({ url, eventType: "shop.order-placed", timeoutMs }),
    }),
  ],
] as const;

describe.each(TARGETS)("a target's %s", (setting, second, made) => {
  test("may be 45 s where the relay has 51", () => {
    const { stack, target } = made(45 * second);
    expect(() => createRelay(stack, { target, relayTimeoutSeconds: 51 })).not.toThrow();
  });

  test("is refused above 45 s, however long the relay may run", () => {
    expect(() => made(46 * second)).toThrow(
      new RegExp(
        `${setting} is ${46 * second}: it must be an integer from \\d+ to ${45 * second} \\(the requeuer, which`,
      ),
    );
  });

  test("is refused where the relay has no time for it, with both named", () => {
    const { stack, target } = made(45 * second);
    expect(() => createRelay(stack, { target, relayTimeoutSeconds: 50 })).toThrow(
      `Orders/Relay.target.${setting} is ${45 * second}: with a relayTimeoutSeconds of 50 a call may take 44 s at most, ` +
        "or the relay ends before the target has answered and the event comes again; lower it, or set relayTimeoutSeconds to 51.",
    );
  });
});

test("the default counts too: a function that is waited for 30 s is refused in a relay that has 15", () => {
  const stack = createOwnStack();
  const target = OutboxTarget.lambda(LambdaFunction.fromFunctionArn(stack, "Billing", functionArn));
  expect(() => createRelay(stack, { target, relayTimeoutSeconds: 15 })).toThrow(
    "Orders/Relay.target.timeoutSeconds is 30: with a relayTimeoutSeconds of 15 a call may take 9 s at most",
  );
});
