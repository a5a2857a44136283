import { Key } from "aws-cdk-lib/aws-kms";
import { describe, expect, test } from "vitest";
import { synthesize, synthesizeRelay } from "./fixtures.ts";

/** Texts that belong to one partition only: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
const OF_ONE_PARTITION = /arn:aws(-cn|-us-gov)?:|amazonaws\.com\.cn|\.aws\.amazon\.com/g;

const namesIn = (template: unknown): readonly string[] => [
  ...new Set(JSON.stringify(template).match(OF_ONE_PARTITION) ?? []),
];

describe("a template names no partition", () => {
  test.each([[{ kind: "eventbridge" }], [{ kind: "sqs" }], [{ kind: "sns" }], [{ kind: "kinesis" }]])(
    "of its own, where the stack's is not known yet: %j",
    (target) => {
      expect(namesIn(synthesize({ target, counterTable: true }))).toEqual([]);
    },
  );

  test.each([
    ["cn-north-1", "arn:aws-cn:"],
    ["us-gov-west-1", "arn:aws-us-gov:"],
  ])("but that of the stack's region: %s", (region, own) => {
    const template = synthesizeRelay((stack) => ({ encryptionKey: new Key(stack, "Key") }), {
      env: { account: "123456789012", region },
    });
    const names = namesIn(template);
    expect(names.filter((name) => name.startsWith("arn:"))).toEqual([own]);
  });
});
