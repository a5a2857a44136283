import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { User } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { CfnEventSourceMapping, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { InboxTable } from "../../../lib/cdk/index.ts";
import { COUNTER_KEY } from "../../../lib/client/counted-order.ts";
import { INBOX_EXPIRY, INBOX_KEY } from "../../../lib/consumer/inbox.ts";
import {
  actionsOf,
  createOwnStack,
  createRelay,
  findResources,
  onlyResource,
  statementsOf,
  synthesize,
  synthesizeOwn,
} from "../fixtures.ts";

const TABLE = "AWS::DynamoDB::GlobalTable";

describe("the table of counters", () => {
  test("is made when asked for, apart from the outbox", () => {
    expect(findResources(synthesize(), TABLE, "RelayCounterTable")).toHaveLength(0);
    const template = synthesize({ counterTable: true });
    expect(Object.keys(template.findOutputs("CounterTableName"))).toEqual(["CounterTableName"]);
    const table = onlyResource(template, TABLE, "RelayCounterTable");
    expect(table.Properties.KeySchema).toEqual([{ AttributeName: COUNTER_KEY, KeyType: "HASH" }]);
    expect(table.Properties.StreamSpecification).toBeUndefined();
  });

  test("outlives the stack, since counters that begin anew repeat sequences", () => {
    const table = onlyResource(synthesize({ counterTable: true }), TABLE, "RelayCounterTable");
    expect([table.DeletionPolicy, table.UpdateReplacePolicy]).toEqual(["Retain", "Retain"]);
    expect(table.Properties.Replicas[0].DeletionProtectionEnabled).toBe(true);
    expect(table.Properties).not.toHaveProperty("TimeToLiveSpecification");
  });

  test("is encrypted and granted with a customer-managed key where one is given", () => {
    const stack = createOwnStack({ env: { region: "us-east-1" } });
    const relay = createRelay(stack, { counterTable: true, encryptionKey: new Key(stack, "Key") });
    relay.grantWrite(new User(stack, "Writer"));
    const template = synthesizeOwn(stack);
    expect(onlyResource(template, TABLE, "RelayCounterTable").Properties.SSESpecification).toMatchObject({
      SSEType: "KMS",
    });
    expect(statementsOf(template, "Writer").flatMap(actionsOf)).toContain("kms:GenerateDataKey");
  });
});

describe("the inbox table", () => {
  function synthesizeInbox(props: ConstructorParameters<typeof InboxTable>[2] = {}) {
    const stack = createOwnStack({ env: { region: "us-east-1" } });
    const inbox = new InboxTable(stack, "Inbox", props);
    inbox.grantConsume(new User(stack, "Consumer"));
    return { stack, template: synthesizeOwn(stack) };
  }

  test("forgets by its time to live, and is kept when the stack goes", () => {
    const { template } = synthesizeInbox();
    const table = onlyResource(template, TABLE);
    expect(table.Properties.KeySchema).toEqual([{ AttributeName: INBOX_KEY, KeyType: "HASH" }]);
    expect(table.Properties.TimeToLiveSpecification).toEqual({ AttributeName: INBOX_EXPIRY, Enabled: true });
    expect(table.DeletionPolicy).toBe("Retain");
    expect(onlyResource(synthesizeInbox({ removalPolicy: RemovalPolicy.DESTROY }).template, TABLE).DeletionPolicy).toBe(
      "Delete",
    );
  });

  test("is granted item by item", () => {
    const { template } = synthesizeInbox();
    expect(statementsOf(template, "Consumer")).toEqual([
      {
        Effect: "Allow",
        Action: ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
        Resource: { "Fn::GetAtt": [expect.stringContaining("InboxTable"), "Arn"] },
      },
    ]);
  });

  describe("granted to a function that a queue invokes", () => {
    function synthesizeConsumer(timeout: Duration, visibilityTimeout: Duration | undefined) {
      const stack = createOwnStack({ env: { region: "us-east-1" } });
      const code = { handler: "index.handler", runtime: Runtime.NODEJS_22_X, code: Code.fromInline("//") };
      const consumer = new LambdaFunction(stack, "Consumer", { ...code, timeout });
      const queue = new Queue(stack, "Queue", visibilityTimeout === undefined ? {} : { visibilityTimeout });
      consumer.addEventSource(new SqsEventSource(queue));
      new InboxTable(stack, "Inbox").grantConsume(consumer);
      return synthesizeOwn(stack);
    }

    test("is refused where the queue brings a message again before the function is over", () => {
      const refusal =
        /queue \S+\/Queue\/Resource hides a message for 30 s, and the function \S+\/Consumer\/Resource may work at it for 60 s: .* to 60 s at least; AWS advises 360 s\./;
      expect(() => synthesizeConsumer(Duration.seconds(60), undefined)).toThrow(refusal);
      expect(() => synthesizeConsumer(Duration.seconds(60), Duration.seconds(59))).toThrow("for 59 s");
    });

    test.each([
      { name: "Consumer", refused: true },
      { name: "Other", refused: false },
    ])("is checked where a mapping invokes an alias by its name, of $name", ({ name, refused }) => {
      const stack = createOwnStack({ env: { region: "us-east-1" } });
      const code = { handler: "index.handler", runtime: Runtime.NODEJS_22_X, code: Code.fromInline("//") };
      const consumer = new LambdaFunction(stack, "Consumer", code);
      const invoked = name === "Consumer" ? consumer : new LambdaFunction(stack, name, code);
      const { queueArn } = new Queue(stack, "Queue", { visibilityTimeout: Duration.seconds(2) });
      const functionName = `${invoked.functionName}:live`;
      new CfnEventSourceMapping(stack, "Mapping", { functionName, eventSourceArn: queueArn });
      new InboxTable(stack, "Inbox").grantConsume(consumer);
      const synthesizes = expect(() => synthesizeOwn(stack));
      if (refused) synthesizes.toThrow("hides a message for 2 s");
      else synthesizes.not.toThrow();
    });

    test("is taken where the message stays hidden as long, and where nobody can tell", () => {
      expect(() => synthesizeConsumer(Duration.seconds(60), Duration.seconds(60))).not.toThrow();
      expect(() => synthesizeConsumer(Duration.seconds(30), undefined)).not.toThrow();
    });
  });

  test("leaves cdk-nag nothing to find", () => {
    const { stack } = synthesizeInbox();
    const found = [new AwsSolutionsChecks(), new ServerlessChecks()].flatMap(
      (pack) => pack.validateScope(stack).violations,
    );
    // The user of this test is in no group, which only concerns the test.
    expect(found.filter(({ ruleName }) => !ruleName.startsWith("AwsSolutions-IAM"))).toEqual([]);
  });
});
