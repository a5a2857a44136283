import { describe, expect, it } from "vitest";
import { readDeployment } from "../../lib/local/deploy.ts";

const OUTPUTS = {
  OutboxTableName: "table",
  JournalTableName: "journal",
  OutboxTableArn: "arn:aws:dynamodb:us-east-1:000000000000:table/table",
  DeadLetterQueueUrl: "http://127.0.0.1:4566/000000000000/queue",
  RelayFunctionName: "relay",
  RequeuerFunctionName: "requeuer",
  TargetName: "bus",
  DashboardName: "dashboard",
};

describe("the deployment", () => {
  it("is read from the outputs of the stack", () => {
    expect(readDeployment(OUTPUTS)).toMatchObject({
      tableName: "table",
      targetName: "bus",
    });
  });

  it("is refused when an output is missing", () => {
    const { TargetName: _missing, ...others } = OUTPUTS;
    expect(() => readDeployment(others)).toThrow(/no output TargetName/);
  });
});
