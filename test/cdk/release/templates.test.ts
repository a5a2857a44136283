import { describe, expect, it } from "vitest";
import { DESCRIPTION_CHARACTERS } from "../../../lib/cdk/release/parameters.ts";
import { RELEASED_TEMPLATES } from "../../../lib/cdk/release/release.ts";
import { bundlesFolder, synthesize } from "../fixtures.ts";
import { release, resourcesOf, SOME, type Template } from "./releases.ts";

const made = release();
const templateOf = (name: string): Template => made.templates.get(`${name}.template.json`) as Template;

const SQS = "arn:aws:sqs:us-east-1:123456789012";
const SNS = "arn:aws:sns:us-east-1:123456789012";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: of a managed policy, without white space */
const POLICY_CHARACTERS = 6_144;

/** Pseudo parameters as long as the longest region, and everything else as an ARN of a resource in a stack of a long name. */
function withLongArns(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const [[name = "", argument] = []] = Object.entries(value);
  if (name === "Ref") return "x".repeat(String(argument).startsWith("AWS::") ? 14 : 130);
  if (name === "Fn::GetAtt") return "x".repeat(130);
  if (name === "Fn::Join") return (argument as [string, unknown[]])[1].map(withLongArns).join("");
  return value;
}

/** What each template asks for, beside the place of the zips. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  eventbridge: ["AlarmTopicArn", "BusName"],
  sqs: ["AlarmTopicArn", "QueueArn"],
  sns: ["AlarmTopicArn", "TopicArn"],
  kinesis: ["AlarmTopicArn", "KinesisStreamArn"],
  http: ["AlarmTopicArn", "SigningKeyName", "Url"],
  "http-bearer": ["AlarmTopicArn", "BearerTokenName", "Url"],
  "sqs-per-key": ["AlarmTopicArn", "QueueArn"],
  "sns-per-key": ["AlarmTopicArn", "TopicArn"],
  "kinesis-per-key": ["AlarmTopicArn", "KinesisStreamArn"],
  "eventbridge-given-table": ["AlarmTopicArn", "BusName", "TableName", "TableStreamArn"],
  "sqs-given-table": ["AlarmTopicArn", "QueueArn", "TableName", "TableStreamArn"],
  "sns-given-table": ["AlarmTopicArn", "TableName", "TableStreamArn", "TopicArn"],
  "kinesis-given-table": ["AlarmTopicArn", "KinesisStreamArn", "TableName", "TableStreamArn"],
  "http-given-table": ["AlarmTopicArn", "SigningKeyName", "TableName", "TableStreamArn", "Url"],
  "eventbridge-without-alarms": ["BusName"],
  "sqs-without-alarms": ["QueueArn"],
  "sns-without-alarms": ["TopicArn"],
  "kinesis-without-alarms": ["KinesisStreamArn"],
  "http-without-alarms": ["SigningKeyName", "Url"],
  "eventbridge-with-archive": ["AlarmTopicArn", "BusName"],
  "sqs-with-archive": ["AlarmTopicArn", "QueueArn"],
  "sns-with-archive": ["AlarmTopicArn", "TopicArn"],
  "kinesis-with-archive": ["AlarmTopicArn", "KinesisStreamArn"],
  "http-with-archive": ["AlarmTopicArn", "SigningKeyName", "Url"],
};
/** What every template makes that holds events, under the logical ids that must never change. */
const HOLDING = { RelayDeadLetterQueue343F1AE9: "AWS::SQS::Queue", RelayJournalB0AF4B24: "AWS::DynamoDB::GlobalTable" };
const OUTPUTS = [
  ...[
    "DeadLetterQueueUrl",
    "JournalTableName",
    "OperatorPolicyArn",
    "OutboxTableArn",
    "OutboxTableName",
    "ReaderPolicyArn",
  ],
  ...["RelayFunctionName", "RequeuerFunctionName", "RequeuerScheduleName", "TargetName", "WriterPolicyArn"],
];

describe("the released templates", () => {
  it("are these", () => {
    expect([...made.templates.keys()].sort()).toEqual(
      Object.keys(PARAMETERS)
        .map((name) => `${name}.template.json`)
        .sort(),
    );
  });

  it.each(RELEASED_TEMPLATES)("$name asks for values alone, and where the zips are", ({ name }) => {
    const { Parameters } = templateOf(name);
    expect(Object.keys(Parameters).sort()).toEqual(["CodeBucket", "CodePrefix", ...(PARAMETERS[name] ?? [])].sort());
    for (const [parameter, { Type, Default, Description, AllowedPattern }] of Object.entries(Parameters)) {
      // An asset of the CDK, or its bootstrap version, would have a type or a default of its own.
      expect([parameter, Type, Default]).toEqual([parameter, "String", parameter === "CodePrefix" ? "" : undefined]);
      expect(Description.length).toBeGreaterThan(10);
      expect(() => new RegExp(`^(?:${AllowedPattern})$`, "u")).not.toThrow();
    }
  });

  it.each(RELEASED_TEMPLATES)("$name exports what a service and the command outbox-relay need", (template) => {
    const { Outputs } = templateOf(template.name);
    const own = [
      ...(template.hasAlarms ? ["DashboardName"] : []),
      ...(template.isOrdered ? ["CounterTableName"] : []),
      ...(template.hasArchive ? ["ArchiveBucketName", "AuditFunctionName"] : []),
    ];
    expect(Object.keys(Outputs).sort()).toEqual([...OUTPUTS, ...own].sort());
    for (const [name, { Export }] of Object.entries(Outputs)) {
      expect(Export).toEqual({ Name: { "Fn::Join": ["", [{ Ref: "AWS::StackName" }, `-${name}`]] } });
    }
  });

  it.each(RELEASED_TEMPLATES)("$name holds nothing of the CDK, which is not there where it is deployed", ({ name }) => {
    const template = templateOf(name);
    expect(JSON.stringify(template)).not.toMatch(
      /aws:cdk|AssetParameters|bootstrap|cdk-hnb659fds|Custom::|CDKMetadata/i,
    );
    expect(template.Rules).toBeUndefined();
    expect(JSON.stringify(template)).not.toContain("${Token[");
  });

  it.each(RELEASED_TEMPLATES)(
    "$name keeps the logical ids of what holds events",
    ({ name, table, isOrdered, hasArchive }) => {
      const { Resources } = templateOf(name);
      const holding = {
        ...HOLDING,
        ...(table === "own" ? { OutboxTable: "AWS::DynamoDB::GlobalTable" } : {}),
        ...(isOrdered ? { RelayCounterTableAE3DA253: "AWS::DynamoDB::GlobalTable" } : {}),
        ...(hasArchive ? { RelayArchive0265DE1F: "AWS::S3::Bucket" } : {}),
      };
      const found = Object.entries(Resources)
        .filter(([, { Type }]) => /^AWS::(?:SQS::Queue|DynamoDB::\w+|S3::Bucket)$/.test(Type))
        .map(([id, { Type }]) => [id, Type]);
      expect(Object.fromEntries(found)).toEqual(holding);
      for (const id of Object.keys(holding))
        expect(Resources[id]).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    },
  );

  it.each([
    ["sqs", { target: { kind: "sqs", queueArn: `${SQS}:orders` }, alarmTopicArn: `${SNS}:alarms` }],
    ["eventbridge", { target: { kind: "eventbridge", busName: "orders" }, alarmTopicArn: `${SNS}:alarms` }],
    [
      "sqs-with-archive",
      {
        target: { kind: "sqs", queueArn: `${SQS}:orders` },
        alarmTopicArn: `${SNS}:alarms`,
        archive: true,
        audit: true,
      },
    ],
    ["sns-without-alarms", { target: { kind: "sns", topicArn: `${SNS}:orders` }, monitoring: "none" }],
  ])(
    "%s has the logical ids of the stack that the app of this project deploys, and three policies",
    (name, settings) => {
      const own = Object.keys(synthesize(settings).toJSON()["Resources"]);
      const ids = (all: readonly string[]) => all.map((id) => id.replace(/[0-9a-f]{32}$/, "")).sort();
      const released = Object.keys(templateOf(name).Resources);
      const policies = released.filter((id) => /^(Writer|Reader|Operator)Policy/.test(id));
      expect(policies).toHaveLength(3);
      expect(ids(released.filter((id) => !policies.includes(id)))).toEqual(ids(own));
    },
  );

  it.each(RELEASED_TEMPLATES)("$name has alarms that reach the topic, or none", ({ name, hasAlarms }) => {
    const alarms = [
      ...resourcesOf(templateOf(name), "AWS::CloudWatch::Alarm"),
      ...resourcesOf(templateOf(name), "AWS::CloudWatch::CompositeAlarm"),
    ];
    expect(alarms.length > 0).toBe(hasAlarms);
    const telling = alarms.filter(([, { Properties }]) => Properties.AlarmActions !== undefined);
    expect(telling.length > 0).toBe(hasAlarms);
    for (const [, { Properties }] of telling) expect(Properties.AlarmActions).toEqual([{ Ref: "AlarmTopicArn" }]);
  });

  it.each(RELEASED_TEMPLATES)(
    "$name publishes another version when a parameter that the functions are told changes",
    ({ name }) => {
      const { Parameters } = templateOf(name);
      const told = (PARAMETERS[name] ?? []).filter((each) => !["AlarmTopicArn", "TableStreamArn"].includes(each));
      // The audit is told of nothing that a parameter names, but for a given table.
      const versions = resourcesOf(templateOf(name), "AWS::Lambda::Version").filter(([id]) => !id.includes("Audit"));
      expect(versions).toHaveLength(2);
      for (const [, { Properties }] of versions) {
        const named = [...JSON.stringify(Properties.Description).matchAll(/"Ref":"(\w+)"/g)].map(
          ([, parameter]) => parameter,
        );
        expect(named).toEqual(told);
      }
      const longest = told.reduce((sum, each) => sum + (Parameters[each]?.MaxLength ?? Number.NaN) + 1, -1);
      expect(longest).toBeLessThanOrEqual(DESCRIPTION_CHARACTERS);
    },
  );

  it("names the deployed stack wherever a relay has a name, also where an operator is told what to run", () => {
    const alarms = resourcesOf(templateOf("sqs"), "AWS::CloudWatch::Alarm").map(([, { Properties }]) =>
      JSON.stringify(Properties),
    );
    for (const alarm of alarms) expect(alarm).toContain('"AWS::StackName"');
    expect(alarms.join("")).toContain('outbox-relay --stack ",{"Ref":"AWS::StackName"}');
  });

  it("lets a writer put and nothing else, a reader look, and an operator act", () => {
    const policies = Object.fromEntries(
      resourcesOf(templateOf("sqs"), "AWS::IAM::ManagedPolicy").map(([id, { Properties }]) => [
        id.replace(/[0-9A-F]{8}$/, ""),
        (Properties.PolicyDocument.Statement as { Effect: string; Action: string | string[] }[]).flatMap(
          ({ Effect, Action }) => [Action].flat().map((action) => `${Effect} ${action}`),
        ),
      ]),
    );
    expect(Object.keys(policies)).toEqual(["WriterPolicy", "ReaderPolicy", "OperatorPolicy"]);
    expect(policies["WriterPolicy"]).toEqual(["Deny dynamodb:PutItem", "Allow dynamodb:PutItem"]);
    expect(policies["ReaderPolicy"]?.join()).not.toMatch(/Put|Update|Delete|Invoke|Send|Pass/);
    expect(policies["OperatorPolicy"]).toEqual(
      expect.arrayContaining(["Allow dynamodb:PutItem", "Allow lambda:InvokeFunction"]),
    );
  });

  it.each([
    [
      "eventbridge",
      "BusName",
      ["orders", "partner/events.v1"],
      ["", "arn:aws:events:us-east-1:123456789012:event-bus/orders"],
    ],
    [
      "sqs",
      "QueueArn",
      [`${SQS}:orders`, `${SQS}:orders.fifo`],
      ["https://sqs.us-east-1.amazonaws.com/123456789012/orders"],
    ],
    ["sqs-per-key", "QueueArn", [`${SQS}:orders.fifo`], [`${SQS}:orders`]],
    ["sns-per-key", "TopicArn", [`${SNS}:orders.fifo`], [`${SNS}:orders`, `${SQS}:orders.fifo`]],
    ["sns", "AlarmTopicArn", [`${SNS}:alarms`], [`${SNS}:alarms.fifo`]],
    [
      "http",
      "Url",
      ["https://example.com", "https://example.com:8443/in?a=b"],
      ["http://example.com", "https://a:b@example.com/", 'https://example.com/"', "https://example.com/#a"],
    ],
    [
      "http",
      "SigningKeyName",
      ["webhooks/orders"],
      ["arn:aws:secretsmanager:us-east-1:123456789012:secret:webhooks-a1B2c3"],
    ],
    ["kinesis", "CodePrefix", ["", "outbox/0.1.0/"], ["outbox"]],
  ] as const)("%s takes a right %s and refuses a wrong one", (name, parameter, right, wrong) => {
    const pattern = new RegExp(`^(?:${templateOf(name).Parameters[parameter]?.AllowedPattern})$`, "u");
    for (const each of right) expect(each).toMatch(pattern);
    for (const each of wrong) expect(each).not.toMatch(pattern);
  });

  it.each(RELEASED_TEMPLATES)("$name has policies that IAM takes, with long names in them", ({ name }) => {
    for (const [, { Properties }] of resourcesOf(templateOf(name), "AWS::IAM::ManagedPolicy")) {
      const text = JSON.stringify(Properties.PolicyDocument, (_key, value) => withLongArns(value));
      expect(text.length).toBeLessThan(POLICY_CHARACTERS);
    }
  });

  it("take settings that need their values at synth, and refuse what is a parameter or a template of its own", () => {
    const faster = release(bundlesFolder, { memoryMb: 2048 }, SOME).templates.get(
      "sqs-per-key.template.json",
    ) as Template;
    expect(resourcesOf(faster, "AWS::Lambda::Function").map(([, { Properties }]) => Properties.MemorySize)).toEqual([
      2048, 2048,
    ]);
    expect(() => release(bundlesFolder, { memoryMb: 1 }, SOME)).toThrow("memoryMb is 1");
    for (const each of ["relayName", "ordering", "table", "target"]) {
      expect(() => release(bundlesFolder, { [each]: "x" }, SOME)).toThrow(
        `settings.${each} is "x": there is no such setting`,
      );
    }
  });
});
