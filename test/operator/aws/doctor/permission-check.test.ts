import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DescribeEventBusCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import {
  IAMClient,
  SimulatePrincipalPolicyCommand,
  type SimulatePrincipalPolicyCommandInput,
} from "@aws-sdk/client-iam";
import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { GetBucketEncryptionCommand, S3Client } from "@aws-sdk/client-s3";
import { GetScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { beforeEach, describe, expect, it } from "vitest";
import { checkPermissions } from "../../../../lib/operator/aws/doctor/permission-check.ts";
import { DEPLOY } from "../../../../lib/operator/cli/texts/fault-texts.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";
import { checked, QUEUE_URL, RELAY_ROLE, REQUEUER_ROLE, SCHEDULE_ROLE } from "./checked.ts";
import { inWords } from "./in-words.ts";

const iam = mockClient(IAMClient);
const kms = mockClient(KMSClient);
const dynamodb = mockClient(DynamoDBClient);
const eventbridge = mockClient(EventBridgeClient);
const sqs = mockClient(SQSClient);
const scheduler = mockClient(SchedulerClient);
const s3 = mockClient(S3Client);

const TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/outbox";
const QUEUE = "arn:aws:sqs:us-east-1:123456789012:dead-letters";
const BUS = "arn:aws:events:us-east-1:123456789012:event-bus/orders";
const KEY = "arn:aws:kms:us-east-1:123456789012:key/1";

type Question = readonly [role: string, action: string, resource: string];

/** IAM's answers, and all that it was asked. */
function iamThat(denies: (...question: Question) => boolean): readonly Question[] {
  const asked: Question[] = [];
  iam.on(SimulatePrincipalPolicyCommand).callsFake((input: SimulatePrincipalPolicyCommandInput) => ({
    EvaluationResults: (input.ActionNames ?? []).map((action) => {
      const question = [input.PolicySourceArn ?? "", action, input.ResourceArns?.[0] ?? ""] as const;
      asked.push(question);
      return { EvalActionName: action, EvalDecision: denies(...question) ? "implicitDeny" : "allowed" };
    }),
  }));
  return asked;
}

const neverGranted = (_role: string, action: string) => action === "iam:CreateUser";

beforeEach(() => {
  for (const mock of [iam, kms, dynamodb, eventbridge, sqs, scheduler, s3]) mock.reset();
  s3.on(GetBucketEncryptionCommand).resolves({});
  dynamodb.on(DescribeTableCommand).resolves({ Table: { TableArn: TABLE, LatestStreamArn: `${TABLE}/stream/1` } });
  sqs.on(GetQueueAttributesCommand, { QueueUrl: QUEUE_URL }).resolves({ Attributes: { QueueArn: QUEUE } });
  eventbridge.on(DescribeEventBusCommand).resolves({ Arn: BUS });
  scheduler.on(GetScheduleCommand).resolves({ Target: { Arn: "arn:requeuer", RoleArn: SCHEDULE_ROLE } });
});

describe("the doctor asks IAM what the roles may do", () => {
  it("table, stream, dead-letter queue, target and schedule, each role for what is its own", async () => {
    const asked = iamThat(neverGranted);
    expect(await inWords(checkPermissions)(checked())).toMatchObject({ state: "fine" });
    expect(asked).toEqual(
      expect.arrayContaining([
        [RELAY_ROLE, "dynamodb:BatchWriteItem", TABLE],
        [RELAY_ROLE, "dynamodb:GetRecords", `${TABLE}/stream/1`],
        [RELAY_ROLE, "dynamodb:ListStreams", "*"],
        [RELAY_ROLE, "sqs:SendMessage", QUEUE],
        [RELAY_ROLE, "events:PutEvents", BUS],
        [REQUEUER_ROLE, "dynamodb:Scan", TABLE],
        [REQUEUER_ROLE, "sqs:ReceiveMessage", QUEUE],
        [REQUEUER_ROLE, "events:DescribeEventBus", BUS],
        [SCHEDULE_ROLE, "lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:requeuer:live"],
      ]),
    );
    expect(asked).not.toContainEqual([RELAY_ROLE, "dynamodb:Scan", TABLE]);
    expect(asked).not.toContainEqual([RELAY_ROLE, "dynamodb:Query", TABLE]);
  });

  it("what order per key needs besides", async () => {
    const asked = iamThat(neverGranted);
    await inWords(checkPermissions)(checked({ settings: { ordering: "per-key" } }));
    expect(asked).toContainEqual([RELAY_ROLE, "dynamodb:Query", TABLE]);
    expect(asked).toContainEqual([REQUEUER_ROLE, "dynamodb:ConditionCheckItem", TABLE]);
  });

  it("secrets of a target outside AWS, however their ARN is spelled", async () => {
    const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:broker-secret";
    const url = "https://hooks.example.com";
    const target = {
      kind: "http",
      url,
      auth: { kind: "bearer", token: { secretArn } },
      signing: [{ parameterName: "/sign" }],
    };
    const parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/sign";
    // The policy names the secret with a wildcard for the six characters that Secrets Manager adds.
    const asked = iamThat((role, action, resource) => neverGranted(role, action) || resource === secretArn);
    expect(await inWords(checkPermissions)(checked({ target }))).toMatchObject({ state: "fine" });
    expect(asked).toContainEqual([REQUEUER_ROLE, "ssm:GetParameter", parameter]);
  });

  it("publishing to what another account lets nobody describe, on its own ARN", async () => {
    const asked = iamThat(neverGranted);
    const central = "arn:aws:events:us-east-1:222222222222:event-bus/central";
    const home = "arn:aws:events:us-east-1:123456789012:event-bus/";
    const target = { kind: "eventbridge", busName: "orders", alsoTo: [central], unverified: [central], home };
    expect(await inWords(checkPermissions)(checked({ target }))).toMatchObject({ state: "fine" });
    expect(asked).toContainEqual([RELAY_ROLE, "events:PutEvents", central]);
    expect(asked).not.toContainEqual([RELAY_ROLE, "events:DescribeEventBus", central]);
    const queueUrl = "https://sqs.us-east-1.amazonaws.com/222222222222/orders";
    await inWords(checkPermissions)(checked({ target: { kind: "sqs", queueUrl } }));
    expect(asked).toContainEqual([REQUEUER_ROLE, "sqs:SendMessage", "arn:aws:sqs:us-east-1:222222222222:orders"]);
  });

  it("the use of a customer's key, and not of one of AWS's own", async () => {
    const SSEDescription = { KMSMasterKeyArn: KEY };
    dynamodb
      .on(DescribeTableCommand)
      .resolves({ Table: { TableArn: TABLE, LatestStreamArn: "stream", SSEDescription } });
    const asked = iamThat((role, action) => neverGranted(role, action) || action.startsWith("kms:"));
    kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: "1", Arn: KEY, KeyManager: "AWS" } });
    expect(await inWords(checkPermissions)(checked())).toMatchObject({ state: "fine" });
    kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: "1", Arn: KEY, KeyManager: "CUSTOMER" } });
    expect(await inWords(checkPermissions)(checked())).toMatchObject({
      ...{
        state: "wrong",
        what: expect.stringMatching(/relay's role may not kms:Decrypt.* on arn:aws:kms.*requeuer's role/),
      },
    });
    expect(asked).toContainEqual([REQUEUER_ROLE, "kms:GenerateDataKey", KEY]);
  });
});

describe("of a relay with an archive", () => {
  const archive = { bucket: "receipts", payload: false, journal: "journal" };
  const objects = "arn:aws:s3:::receipts/relay=orders/object";
  const journal = "arn:aws:dynamodb:us-east-1:123456789012:table/journal";

  it("the doctor asks for both roles whether they may write its objects, and note missing lines in the journal", async () => {
    const asked = iamThat(neverGranted);
    expect(await inWords(checkPermissions)(checked({ archive }))).toMatchObject({ state: "fine" });
    for (const role of [RELAY_ROLE, REQUEUER_ROLE]) {
      expect(asked).toContainEqual([role, "s3:PutObject", objects]);
      expect(asked).toContainEqual([role, "dynamodb:UpdateItem", journal]);
    }
    // The policy allows no other items of the journal, so IAM is told which they are.
    const inputs = iam.commandCalls(SimulatePrincipalPolicyCommand).map(({ args }) => args[0].input);
    const ofJournal = inputs.filter(({ ResourceArns }) => ResourceArns?.[0] === journal);
    for (const { ContextEntries } of ofJournal) {
      expect(ContextEntries).toEqual([
        {
          ContextKeyName: "dynamodb:LeadingKeys",
          ContextKeyType: "stringList",
          ContextKeyValues: ["archive-gap"],
        },
      ]);
    }
    expect(ofJournal).toHaveLength(2);
  });

  it("the doctor tells which of them is denied", async () => {
    iamThat((role, action) => neverGranted(role, action) || action === "s3:PutObject");
    expect(await inWords(checkPermissions)(checked({ archive }))).toMatchObject({
      state: "wrong",
      what: expect.stringContaining(`the relay's role may not s3:PutObject on ${objects}`),
    });
  });

  it("the doctor asks for both roles whether they may use the bucket's own key", async () => {
    const asked = iamThat(neverGranted);
    s3.on(GetBucketEncryptionCommand).resolves({
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: KEY } }],
      },
    });
    kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: "1", Arn: KEY, KeyManager: "CUSTOMER" } });
    expect(await inWords(checkPermissions)(checked({ archive }))).toMatchObject({ state: "fine" });
    for (const role of [RELAY_ROLE, REQUEUER_ROLE]) expect(asked).toContainEqual([role, "kms:GenerateDataKey", KEY]);
  });

  it("the doctor says that it could not look the bucket's key up, and asks about the rest", async () => {
    const asked = iamThat(neverGranted);
    s3.on(GetBucketEncryptionCommand).rejects(Object.assign(new Error("Access Denied"), { name: "AccessDenied" }));
    expect(await inWords(checkPermissions)(checked({ archive }))).toMatchObject({
      state: "unknown",
      what: expect.stringContaining("the key of the bucket receipts (OperatorError)"),
    });
    expect(asked).toContainEqual([RELAY_ROLE, "s3:PutObject", objects]);
  });

  it("and asks neither where there is none", async () => {
    const asked = iamThat(neverGranted);
    await inWords(checkPermissions)(checked());
    expect(asked.filter(([, action, on]) => action === "s3:PutObject" || on === journal)).toEqual([]);
  });
});

describe("the doctor tells of permissions", () => {
  it("which one is missing, on what and whose", async () => {
    iamThat((role, action) => neverGranted(role, action) || (role === REQUEUER_ROLE && action === "events:PutEvents"));
    expect(await inWords(checkPermissions)(checked())).toEqual({
      ...{ state: "wrong", what: `the requeuer's role may not events:PutEvents on ${BUS}` },
      fix: DEPLOY,
    });
  });

  it("nothing where IAM would allow anything", async () => {
    iamThat(() => false);
    expect(await inWords(checkPermissions)(checked())).toMatchObject({
      ...{ state: "unknown", what: expect.stringContaining("so asking it proves nothing") },
    });
  });

  it("denied what IAM gives no answer about", async () => {
    iam.on(SimulatePrincipalPolicyCommand).resolves({ EvaluationResults: [] });
    expect(await inWords(checkPermissions)(checked())).toMatchObject({ state: "wrong" });
  });

  it("what it could not look up, in place of saying that all is well", async () => {
    iamThat(neverGranted);
    eventbridge.on(DescribeEventBusCommand).rejects(Object.assign(new Error("no"), { name: "AccessDeniedException" }));
    expect(await inWords(checkPermissions)(checked())).toMatchObject({
      ...{ state: "unknown", what: expect.stringContaining("orders (AccessDeniedException)") },
    });
  });
});
