import { execFile } from "node:child_process";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../lib/cdk/functions/bundles.ts";
import { createStack, synthesize, TARGETS } from "./fixtures.ts";

test("outputs tell where everything is", () => {
  expect(Object.keys(synthesize().toJSON()["Outputs"]).sort()).toEqual([
    "DashboardName",
    "DeadLetterQueueUrl",
    "JournalTableName",
    "OutboxTableArn",
    "OutboxTableName",
    "RelayFunctionName",
    "RequeuerFunctionName",
    "RequeuerScheduleName",
    "TargetName",
  ]);
});

describe("cdk-nag finds nothing that is not acknowledged with a reason", () => {
  const variants = [
    ...TARGETS,
    ["a table of counters", { counterTable: true }],
    ["neither dashboard nor alarms", { monitoring: "none" }],
  ] as const;

  test.each(variants)("with %s", (_name, context) => {
    const stack = createStack(context);
    for (const pack of [new AwsSolutionsChecks(), new ServerlessChecks()]) {
      expect(pack.validateScope(stack).violations).toEqual([]);
    }
  });

  test("but would find a dead-letter queue that takes requests without TLS", () => {
    const stack = createStack();
    stack.outboxRelay.deadLetterQueue.node.tryRemoveChild("Policy");
    expect(new AwsSolutionsChecks().validateScope(stack).violations.map(({ ruleName }) => ruleName)).toEqual([
      "AwsSolutions-SQS4",
    ]);
  });
});

describe("the app", () => {
  test("tells of a bad setting in one line, without a stack trace", async () => {
    const { code, stderr } = await runApp({ outboxRelay: '{"batchSize":0}' });
    expect(code).toBe(1);
    expect(stderr).toBe("outboxRelay.batchSize is 0: it must be an integer from 1 to 10000.\n");
  });

  function runApp(context: unknown): Promise<{ readonly code: unknown; readonly stderr: string }> {
    const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify(context), NODE_OPTIONS: "" };
    return new Promise((resolve) => {
      execFile("node", ["--import", "tsx", "bin/app.ts"], { cwd: PACKAGE_ROOT, env }, (error, _stdout, stderr) =>
        resolve({ code: error?.code, stderr }),
      );
    });
  }
});
