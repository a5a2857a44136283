import { Key } from "aws-cdk-lib/aws-kms";
import { describe, expect, test } from "vitest";
import { synthesize, synthesizeRelay } from "./fixtures.ts";

/** Texts that belong to one partition only, other than links to AWS's documentation: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
const OF_ONE_PARTITION = /arn:aws(-cn|-us-gov)?:|amazonaws\.com\.cn|(?<!https:\/\/docs)\.aws\.amazon\.com/g;

const namesIn = (template: unknown): readonly string[] => [
  ...new Set(JSON.stringify(withoutChoices(template)).match(OF_ONE_PARTITION) ?? []),
];

/** What is chosen by a condition on the partition may name it. */
function withoutChoices(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutChoices);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) =>
      name === "Fn::If" && String(each[0]).startsWith("RelayMonitoringConsole") ? [] : [[name, withoutChoices(each)]],
    ),
  );
}

describe("a template names no partition", () => {
  test.each([[{ kind: "eventbridge" }], [{ kind: "sqs" }], [{ kind: "sns" }], [{ kind: "kinesis" }]])(
    "of its own, where the stack's is not known yet: %j",
    (target) => {
      expect(namesIn(synthesize({ target, counterTable: true }).toJSON())).toEqual([]);
    },
  );

  test.each([
    ["cn-north-1", "arn:aws-cn:"],
    ["us-gov-west-1", "arn:aws-us-gov:"],
  ])("but that of the stack's region: %s", (region, own) => {
    const template = synthesizeRelay((stack) => ({ encryptionKey: new Key(stack, "Key") }), {
      env: { account: "123456789012", region },
    });
    const names = namesIn(template.toJSON());
    expect(names.filter((name) => name.startsWith("arn:"))).toEqual([own]);
  });
});
