import type { Stack } from "aws-cdk-lib";
import { Alias, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { describe, expect, test } from "vitest";
import { readAppSettings } from "../../../lib/cdk/settings.ts";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import { createOwnStack, createRelay, ROLES, resourcesOf, synthesize, synthesizeOwn, targetsIn } from "../fixtures.ts";

const functionArn = "arn:aws:lambda:us-east-1:123456789012:function:orders:live";

const createFunction = (stack: Stack, id: string): LambdaFunction =>
  new LambdaFunction(stack, id, {
    runtime: Runtime.NODEJS_24_X,
    handler: "index.handler",
    code: Code.fromInline("exports.handler = async () => {};"),
  });

describe("Lambda", () => {
  test("an existing function or alias is used by its ARN, and invoked as the settings say", () => {
    const call = { mode: "batch", invocation: "sync", atomic: true, batchSize: 7, timeoutSeconds: 45 };
    const template = synthesize({ target: { kind: "lambda", functionArn, ...call } });
    expect(targetsIn(template).map((text) => JSON.parse(String(text)))).toEqual(
      Array(2).fill({ kind: "lambda", functionArn, ...call }),
    );
    template.hasOutput("TargetName", { Value: functionArn });
    for (const role of ROLES) expect(resourcesOf(template, role, "lambda:InvokeFunction")).toEqual([functionArn]);
  });

  test("what is not set is left to the functions' defaults", () => {
    const environment = `{"kind":"lambda","functionArn":"${functionArn}"}`;
    expect(targetsIn(synthesize({ target: { kind: "lambda", functionArn } }))).toEqual([environment, environment]);
  });

  test("both functions may invoke what is named, and none of its versions and aliases besides", () => {
    const stack = createOwnStack();
    const { currentVersion: version } = createFunction(stack, "First");
    const alias = new Alias(stack, "Live", { aliasName: "live", version });
    createRelay(stack, { target: OutboxTarget.lambda(alias, { alsoTo: [createFunction(stack, "Second")] }) });
    const template = synthesizeOwn(stack);
    for (const role of ROLES) {
      expect(resourcesOf(template, role, "lambda:InvokeFunction")).toEqual([
        [{ "Fn::GetAtt": [expect.stringMatching(/^Second/), "Arn"] }, { Ref: expect.stringMatching(/^Live/) }],
      ]);
    }
    expect(JSON.stringify(targetsIn(template))).toContain('alsoTo\\":[\\"');
  });

  test("options that do not go together are refused", () => {
    const target = createFunction(createOwnStack(), "First");
    expect(() => OutboxTarget.lambda(target, { atomic: true, invocation: "async" })).toThrow(
      'OutboxTarget.lambda.atomic is true: it may be true only where mode is "batch" and invocation is "sync".',
    );
  });

  test.each([
    [{}, "functionArn is undefined: it must be the ARN of a function or alias"],
    [{ functionArn: "orders" }, 'functionArn is "orders": it must be the ARN of a function or alias'],
    [{ functionArn, mode: "all" }, 'mode is "all": it must be one of batch, event'],
    [{ functionArn, invocation: "later" }, 'invocation is "later": it must be one of sync, async'],
    [{ functionArn, atomic: 1 }, "atomic is 1: it must be true or false"],
    [{ functionArn, mode: "event", batchSize: 7 }, 'batchSize is 7: leave it out where mode is "event"'],
    [{ functionArn, batchSize: 0 }, "batchSize is 0: it must be an integer from 1 to 10000"],
    [{ functionArn, timeoutSeconds: 901 }, "timeoutSeconds is 901: it must be an integer from 1 to 45 (the requeuer"],
  ])("the setting %j is refused with the reason", (settings, message) => {
    expect(() => readAppSettings({ target: { kind: "lambda", ...settings } })).toThrow(`outboxRelay.target.${message}`);
  });
});
