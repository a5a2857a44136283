import { Template } from "aws-cdk-lib/assertions";
import { User } from "aws-cdk-lib/aws-iam";
import { describe, expect, test } from "vitest";
import {
  actionsOf,
  createEncryptedRelay,
  createStack,
  findResources,
  type Statement,
  statementsOf,
  synthesize,
  synthesizeOwn,
  TARGETS,
} from "./fixtures.ts";

/** Every wildcard that a policy may hold, with the reason for it. Any other is a mistake. */
const ALLOWED_WILDCARDS: readonly { readonly action: string; readonly resource: string; readonly reason: string }[] = [
  {
    action: "dynamodb:ListStreams",
    resource: "*",
    reason: "the event source mapping asks for it, and the action knows no resource; it returns names of streams alone",
  },
  {
    action: "Deny sqs:*",
    resource: "the queue",
    reason: "it takes permissions away: nobody does anything with the queue without TLS",
  },
];

describe("no wildcard stands in a policy but those with a reason", () => {
  test.each(TARGETS)("with %s", (_name, context) => {
    expect(wildcardsIn(synthesize(context))).toEqual(expectedWildcards());
  });

  test("with customer-managed keys", () => {
    const { stack, relay } = createEncryptedRelay();
    relay.grantWrite(new User(stack, "Writer"));
    expect(wildcardsIn(synthesizeOwn(stack))).toEqual(expectedWildcards());
  });

  test("with an archive, but for the names of its objects, which say when they were written", () => {
    const added = wildcardsIn(synthesize({ archive: true })).filter((each) => !expectedWildcards().includes(each));
    expect(added).toEqual(["s3:PutObject on the relay's own objects"]);
  });

  function expectedWildcards(): readonly string[] {
    return ALLOWED_WILDCARDS.map(({ action, resource }) => `${action} on ${resource}`).sort();
  }

  function wildcardsIn(template: Template): readonly string[] {
    const policies = [
      ...findResources(template, "AWS::IAM::Policy"),
      ...findResources(template, "AWS::SQS::QueuePolicy"),
    ];
    const found = policies
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[])
      .flatMap((statement) =>
        actionsOf(statement)
          .filter((action) => action.includes("*") || JSON.stringify(statement.Resource).includes("*"))
          .map((action) => {
            const text = JSON.stringify(statement.Resource);
            const wildcard = text.includes("/relay=OutboxRelay/*") ? "the relay's own objects" : statement.Resource;
            const resource = text.includes("*") ? wildcard : "the queue";
            return `${statement.Effect === "Deny" ? "Deny " : ""}${action} on ${resource}`;
          }),
      );
    return [...new Set(found)].sort();
  }
});

describe("each part may do what it does, and no more", () => {
  const template = synthesize();
  const table = { "Fn::GetAtt": ["OutboxTable", "Arn"] };
  const queue = { "Fn::GetAtt": [expect.stringContaining("DeadLetterQueue"), "Arn"] };
  const logs = { "Fn::GetAtt": [expect.stringContaining("Logs"), "Arn"] };
  const bus = { "Fn::GetAtt": [expect.stringMatching(/^Bus/), "Arn"] };
  const writeLogs = { Resource: logs, actions: new Set(["logs:CreateLogStream", "logs:PutLogEvents"]) };
  const publish = { Resource: bus, actions: new Set(["events:PutEvents", "events:DescribeEventBus"]) };

  test("the relay", () => {
    expect(permissionsOf("RelayRole")).toEqual([
      writeLogs,
      publish,
      {
        Resource: { "Fn::GetAtt": ["OutboxTable", "StreamArn"] },
        actions: new Set(["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"]),
      },
      { Resource: "*", actions: new Set(["dynamodb:ListStreams"]) },
      {
        Resource: table,
        actions: new Set([
          "dynamodb:BatchGetItem",
          "dynamodb:GetItem",
          "dynamodb:BatchWriteItem",
          "dynamodb:PartiQLDelete",
          "dynamodb:UpdateItem",
        ]),
      },
      { Resource: queue, actions: new Set(["sqs:SendMessage", "sqs:GetQueueAttributes"]) },
    ]);
  });

  test("the requeuer", () => {
    expect(permissionsOf("RelayRequeuerRole")).toEqual([
      writeLogs,
      publish,
      {
        Resource: table,
        actions: new Set([
          "dynamodb:Scan",
          "dynamodb:BatchGetItem",
          "dynamodb:GetItem",
          "dynamodb:PutItem",
          "dynamodb:UpdateItem",
          "dynamodb:DeleteItem",
          "dynamodb:PartiQLDelete",
          "dynamodb:BatchWriteItem",
          "dynamodb:DescribeTable",
          "dynamodb:DescribeTimeToLive",
        ]),
      },
      {
        Resource: queue,
        actions: new Set([
          "sqs:ReceiveMessage",
          "sqs:DeleteMessage",
          "sqs:ChangeMessageVisibility",
          "sqs:SendMessage",
          "sqs:GetQueueAttributes",
        ]),
      },
    ]);
  });

  test.each(["per-key", "strict"])(
    "with %s order both read keys and check rows in transactions besides",
    (ordering) => {
      const ordered = synthesize({ ordering });
      for (const role of ["RelayRole", "RelayRequeuerRole"]) {
        const [added, ...others] = statementsOf(ordered, `${role}DefaultPolicy`)
          .map((statement) => actionsOf(statement).filter((action) => !isGranted(role, action)))
          .filter((actions) => actions.length > 0);
        expect(others).toEqual([]);
        expect(new Set(added)).toEqual(new Set(["dynamodb:Query", "dynamodb:ConditionCheckItem"]));
      }
    },
  );

  const isGranted = (role: string, action: string) =>
    statementsOf(template, `${role}DefaultPolicy`).some((statement) => actionsOf(statement).includes(action));

  test("the schedule invokes the requeuer by its alias alone", () => {
    expect(permissionsOf("RelayRequeuerSchedulerRole")).toEqual([
      {
        Resource: { Ref: expect.stringMatching(/^RelayRequeuerLive/) },
        actions: new Set(["lambda:InvokeFunction"]),
      },
    ]);
  });

  test("the schedule's role serves schedules of this account alone", () => {
    template.hasResourceProperties("AWS::IAM::Role", {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Principal: { Service: "scheduler.amazonaws.com" },
            Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
          },
        ],
      },
    });
  });

  test("no role has a managed policy", () => {
    for (const { Properties } of findResources(template, "AWS::IAM::Role")) {
      expect(Properties).not.toHaveProperty("ManagedPolicyArns");
    }
  });

  function permissionsOf(rolePrefix: string) {
    return statementsOf(template, `${rolePrefix}DefaultPolicy`).map((statement) => ({
      Resource: statement.Resource,
      // Their order means nothing, and the CDK changes it.
      actions: new Set(actionsOf(statement)),
    }));
  }
});

describe("grantWrite", () => {
  const NO_LEASES = {
    Effect: "Deny",
    Action: "dynamodb:PutItem",
    Resource: { "Fn::GetAtt": ["OutboxTable", "Arn"] },
    Condition: { "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": ["_requeuer#*"] } },
  };

  test("allows putting events, denies putting a requeuer's lease, and nothing else", () => {
    const stack = createStack();
    stack.outboxRelay.grantWrite(new User(stack, "Writer"));
    expect(statementsOf(Template.fromStack(stack), "Writer")).toEqual([
      NO_LEASES,
      { Effect: "Allow", Action: "dynamodb:PutItem", Resource: { "Fn::GetAtt": ["OutboxTable", "Arn"] } },
    ]);
  });

  test("allows reading and raising counters, where there are any", () => {
    const stack = createStack({ counterTable: true });
    stack.outboxRelay.grantWrite(new User(stack, "Writer"));
    expect(statementsOf(Template.fromStack(stack), "Writer")).toEqual([
      {
        Effect: "Allow",
        Action: ["dynamodb:GetItem", "dynamodb:UpdateItem"],
        Resource: { "Fn::GetAtt": [expect.stringContaining("CounterTable"), "Arn"] },
      },
      NO_LEASES,
      { Effect: "Allow", Action: "dynamodb:PutItem", Resource: { "Fn::GetAtt": ["OutboxTable", "Arn"] } },
    ]);
  });

  test("allows the use of the table's customer-managed key", () => {
    const { stack, relay } = createEncryptedRelay();
    relay.grantWrite(new User(stack, "Writer"));
    const [keyUse] = statementsOf(synthesizeOwn(stack), "Writer");
    expect(keyUse?.Resource).toEqual({ "Fn::GetAtt": [expect.stringMatching(/^Key/), "Arn"] });
    expect(keyUse?.Action).toContain("kms:GenerateDataKey");
  });
});

test("with a customer-managed key both functions may use it for the table and the queue", () => {
  const template = synthesizeOwn(createEncryptedRelay().stack);
  for (const role of ["RelayRole", "RelayRequeuerRole"]) {
    const actions = statementsOf(template, `${role}DefaultPolicy`).flatMap(actionsOf);
    expect(actions).toEqual(expect.arrayContaining(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]));
  }
});
