import { expect, it } from "vitest";
import { sqsText } from "../../lib/aws/sqs-text.ts";

it("escapes the characters that SQS refuses, and the text still says the same", () => {
  const data = { note: "a\uFFFEb\uFFFFc", plain: "ü" };
  const text = sqsText(JSON.stringify(data));
  expect(text).not.toMatch(/[\uFFFE\uFFFF]/);
  expect(JSON.parse(text)).toEqual(data);
});
