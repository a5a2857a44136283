import { EventBus } from "aws-cdk-lib/aws-events";
import { createOwnStack } from "./fixtures.ts";

/** Values that a program without types may pass anywhere. */
export const WRONG: readonly (readonly [what: string, value: () => unknown])[] = [
  ["null", () => null],
  ["an empty text", () => ""],
  ["a text", () => "my relay/é"],
  ["a number in a text", () => "7"],
  ["yes", () => "yes"],
  ["NaN", () => Number.NaN],
  ["Infinity", () => Number.POSITIVE_INFINITY],
  ["0", () => 0],
  ["a negative number", () => -1],
  ["a fraction", () => 1.5],
  ["a huge number", () => 1e12],
  ["true", () => true],
  ["an empty object", () => ({})],
  ["an object of somebody else's", () => ({ kind: "sqs", arn: "arn:aws:sqs:us-east-1:123456789012:orders" })],
  ["an empty list", () => []],
  ["a list of nothing", () => [null]],
  ["a list of a text", () => ["my relay/é"]],
  ["a function", () => () => "7"],
  ["a bigint", () => 7n],
  ["a symbol", () => Symbol("7")],
  ["a construct", () => new EventBus(createOwnStack(), "Bus")],
];
