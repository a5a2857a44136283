import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type App, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { User } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { readEnvironment } from "../../../lib/contract/deployment/environment.ts";
import {
  createApp,
  createEncryptedRelay,
  createOwnStack,
  createRelay,
  createStack,
  findResources,
  onlyResource,
  ROLES,
  type Statement,
  statementsOf,
  synthesize,
  synthesizeOwn,
} from "../fixtures.ts";

const BUCKET = "AWS::S3::Bucket";
const FUNCTION = "AWS::Lambda::Function";
const KEY = "arn:aws:kms:us-east-1:123456789012:key/0f1e2d3c";

const template = synthesize({ archive: true });
const without = synthesize();

const variablesIn = (among: Template) =>
  findResources(among, FUNCTION).flatMap(({ Properties }) => {
    const variables = Properties.Environment?.Variables;
    return variables?.OUTBOX_TABLE_NAME === undefined ? [] : [variables];
  });

/** The statements of a role that a relay without archive does not have. */
function added(role: string, among: Template, before = without): readonly Statement[] {
  const known = new Set(statementsOf(before, role).map((statement) => JSON.stringify(statement)));
  return statementsOf(among, role).filter((statement) => !known.has(JSON.stringify(statement)));
}

describe("the bucket that is made", () => {
  const { Properties, DeletionPolicy, UpdateReplacePolicy } = onlyResource(template, BUCKET);

  test("is encrypted and closed to the public, and forgets after a year", () => {
    expect(Properties).toEqual({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
      LifecycleConfiguration: {
        Rules: [
          {
            Status: "Enabled",
            ExpirationInDays: 365,
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
          },
        ],
      },
    });
  });

  test("forgets when it is told to", () => {
    const { Rules } = onlyResource(synthesize({ archive: { retentionDays: 30 } }), BUCKET).Properties
      .LifecycleConfiguration;
    expect(Rules).toMatchObject([{ ExpirationInDays: 30 }]);
  });

  test("is closed to everybody without TLS", () => {
    const { PolicyDocument } = onlyResource(template, "AWS::S3::BucketPolicy").Properties;
    expect(PolicyDocument.Statement).toMatchObject([
      {
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: "s3:*",
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ]);
  });

  test("outlives the stack, or goes with it where that is asked for; nothing empties it", () => {
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(["Retain", "Retain"]);
    const destroyed = synthesize({ archive: true, removalPolicy: "destroy" });
    const made = onlyResource(destroyed, BUCKET);
    expect([made.DeletionPolicy, made.UpdateReplacePolicy]).toEqual(["Delete", "Delete"]);
    expect(Object.keys(destroyed.findResources("Custom::S3AutoDeleteObjects"))).toEqual([]);
    expect(made.Properties).toEqual(Properties);
  });

  test("has the customer-managed key of the tables, by a key of its own, so that not every object asks KMS", () => {
    const stack = createOwnStack({ env: { region: "us-east-1" } });
    createRelay(stack, { encryptionKey: new Key(stack, "Key"), archive: true });
    expect(onlyResource(synthesizeOwn(stack), BUCKET).Properties.BucketEncryption).toEqual({
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: {
            SSEAlgorithm: "aws:kms",
            KMSMasterKeyID: { "Fn::GetAtt": [expect.stringMatching(/^Key/), "Arn"] },
          },
        },
      ],
    });
  });

  test("is named by an output, and is the construct's to hand on", () => {
    const stack = createStack({ archive: true });
    const { Outputs } = Template.fromStack(stack).toJSON();
    expect(Outputs.ArchiveBucketName.Value).toEqual(stack.resolve(stack.outboxRelay.archiveBucket?.bucketName));
    expect(createStack().outboxRelay.archiveBucket).toBeUndefined();
    expect(without.toJSON()["Outputs"]).not.toHaveProperty("ArchiveBucketName");
  });
});

describe("the functions", () => {
  test("are told the bucket, whether payloads are kept, and the journal", () => {
    const told = (context: unknown) =>
      variablesIn(synthesize(context)).map(({ OUTBOX_RELAY_ARCHIVE }) => OUTBOX_RELAY_ARCHIVE);
    const [relay, requeuer, ...others] = told({ archive: { payload: true } });
    expect(others).toEqual([]);
    expect(relay).toEqual(requeuer);
    const parts: readonly unknown[] = relay["Fn::Join"][1];
    expect(parts.filter((part) => typeof part !== "string")).toEqual([
      { Ref: expect.stringMatching(/^RelayArchive/) },
      { Ref: expect.stringMatching(/^RelayJournal/) },
    ]);
    const resolved = parts.map((part) => (typeof part === "string" ? part : "resolved")).join("");
    const variables = Object.fromEntries(Object.keys(variablesIn(template)[0]).map((name) => [name, "{}"]));
    const { archive } = readEnvironment({ ...variables, OUTBOX_RELAY_ARCHIVE: resolved });
    expect(archive).toEqual({ bucket: "resolved", payload: true, journal: "resolved" });
    expect(told({})).toEqual([undefined, undefined]);
  });

  test("are deployed with the file that writes the archive only where there is one", () => {
    const filesOf = (context: object) => {
      const { directory } = (createStack(context).node.root as App).synth();
      const assets = readdirSync(directory).filter((name) => name.startsWith("asset."));
      return [...new Set(assets.flatMap((name) => readdirSync(join(directory, name))))].sort();
    };
    expect(filesOf({})).toEqual(["index.js", "package.json"]);
    expect(filesOf({ archive: true })).toEqual(["archive.mjs", "index.js", "package.json"]);
  });

  test("get a version of their own when the bucket is another, though its logical id is the same", () => {
    const versions = (archive: Parameters<typeof createRelay>[1]) => {
      const stack = createOwnStack();
      createRelay(stack, { relayName: "orders", ...archive });
      return Object.keys(synthesizeOwn(stack).findResources("AWS::Lambda::Version"));
    };
    const named = (bucketName: string) => {
      const stack = createOwnStack();
      const bucket = new Bucket(stack, "Receipts", { bucketName });
      createRelay(stack, { relayName: "orders", archive: { bucket } });
      return Object.keys(synthesizeOwn(stack).findResources("AWS::Lambda::Version"));
    };
    expect(versions({ archive: true })).not.toEqual(versions({}));
    expect(named("one")).not.toEqual(named("two"));
  });
});

describe("the permissions", () => {
  const objects = (bucketArn: unknown, relay = "OutboxRelay") => ({
    "Fn::Join": ["", [bucketArn, `/relay=${relay}/*`]],
  });
  const bucketArn = { "Fn::GetAtt": [expect.stringMatching(/^RelayArchive/), "Arn"] };
  const noteMissing = {
    Effect: "Allow",
    Action: "dynamodb:UpdateItem",
    Resource: { "Fn::GetAtt": [expect.stringMatching(/^RelayJournal/), "Arn"] },
    Condition: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["archive-gap"] } },
  };

  test.each(ROLES)("of %s are to write its own objects, and to note missing lines in the journal", (role) => {
    expect(added(role, template)).toEqual([
      { Effect: "Allow", Action: "s3:PutObject", Resource: objects(bucketArn) },
      noteMissing,
    ]);
  });

  test.each(ROLES)("of %s are to use the key of an existing bucket, for writing alone", (role) => {
    const archived = synthesize({ archive: { bucket: "receipts", keyArn: KEY } });
    expect(added(role, archived)).toEqual([
      {
        Effect: "Allow",
        Action: "s3:PutObject",
        Resource: { "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, ":s3:::receipts/relay=OutboxRelay/*"]] },
      },
      { Effect: "Allow", Action: "kms:GenerateDataKey", Resource: KEY },
      noteMissing,
    ]);
    expect(findResources(archived, BUCKET)).toEqual([]);
  });

  test("are to use the journal's key too, where only the journal has one", () => {
    const stack = createOwnStack({ env: { region: "us-east-1" } });
    const arn = "arn:aws:dynamodb:us-east-1:123456789012:table/Outbox";
    const streamArn = `${arn}/stream/2026-01-31T12:00:00.000`;
    const table = TableV2.fromTableAttributes(stack, "Outbox", { tableArn: arn, tableStreamArn: streamArn });
    createRelay(stack, { table, encryptionKey: new Key(stack, "Key"), archive: true });
    const keyUses = statementsOf(synthesizeOwn(stack), "RelayRoleDefaultPolicy").filter(({ Resource }) =>
      JSON.stringify(Resource).startsWith('{"Fn::GetAtt":["Key'),
    );
    expect(keyUses.flatMap(({ Action }) => Action)).toEqual(expect.arrayContaining(["kms:Encrypt", "kms:ReEncryptTo"]));
  });

  test("of whoever inspects are to list and read what this relay wrote, to use the key and look at it, and to see how the bucket is kept", () => {
    const inspecting = (context: object) => {
      const stack = createStack(context);
      stack.outboxRelay.grantInspect(new User(stack, "Person"));
      return Template.fromStack(stack);
    };
    const archived = inspecting({ archive: { bucket: "receipts", keyArn: KEY } });
    const arn = ["arn:", { Ref: "AWS::Partition" }];
    expect(added("Person", archived, inspecting({}))).toEqual([
      {
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: { "Fn::Join": ["", [...arn, ":s3:::receipts"]] },
        Condition: { StringLike: { "s3:prefix": ["relay=OutboxRelay/*"] } },
      },
      {
        Effect: "Allow",
        Action: [
          "s3:GetBucketPolicyStatus",
          "s3:GetBucketPublicAccessBlock",
          "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration",
        ],
        Resource: { "Fn::Join": ["", [...arn, ":s3:::receipts"]] },
      },
      {
        Effect: "Allow",
        Action: "s3:GetObject",
        Resource: { "Fn::Join": ["", [...arn, ":s3:::receipts/relay=OutboxRelay/*"]] },
      },
      { Effect: "Allow", Action: ["kms:Decrypt", "kms:DescribeKey", "kms:GetKeyPolicy"], Resource: KEY },
    ]);
  });

  test("of two relays in one bucket are each for its own objects", () => {
    const stack = createOwnStack();
    const first = createRelay(stack, { relayName: "first", archive: true }, "First");
    const bucket = first.archiveBucket as Bucket;
    createRelay(stack, { relayName: "second", tableLogicalId: "Second", archive: { bucket } }, "Second");
    const shared = synthesizeOwn(stack);
    expect(findResources(shared, BUCKET)).toHaveLength(1);
    for (const name of ["first", "second"]) {
      const role = `${name[0]?.toUpperCase()}${name.slice(1)}RelayRoleDefaultPolicy`;
      const written = statementsOf(shared, role).filter(({ Action }) => Action === "s3:PutObject");
      expect(written.map(({ Resource }) => Resource)).toEqual([
        objects({ "Fn::GetAtt": [expect.stringMatching(/^FirstArchive/), "Arn"] }, name),
      ]);
    }
  });
});

describe("a given bucket", () => {
  test("of another region is refused, at synth where that is known", () => {
    const stack = createOwnStack({ env: { account: "123456789012", region: "eu-west-1" } });
    const bucket = Bucket.fromBucketAttributes(stack, "Receipts", { bucketName: "receipts", region: "us-east-1" });
    expect(() => createRelay(stack, { archive: { bucket } })).toThrow(
      'Orders/Relay.archive.bucket is "receipts": it is in the region us-east-1, and the stack in eu-west-1; S3 sends writers of another region away; give a bucket of the relay\'s own.',
    );
  });

  test("of another region is refused by CloudFormation where only the deployment knows the stack's", () => {
    const stack = createOwnStack();
    const bucket = Bucket.fromBucketAttributes(stack, "Receipts", { bucketName: "receipts", region: "us-east-1" });
    createRelay(stack, { archive: { bucket } });
    const rules = synthesizeOwn(stack).toJSON()["Rules"];
    expect(JSON.stringify(rules)).toContain("it is in the region us-east-1");
  });

  test("may be another account's, or of another stack of the app", () => {
    const app = createApp();
    const theirs = new Bucket(new Stack(app, "Buckets"), "Receipts");
    const stack = new Stack(app, "Orders");
    createRelay(stack, { archive: { bucket: theirs }, monitoring: "none" });
    const other = createOwnStack({ env: { account: "123456789012", region: "eu-west-1" } });
    const bucket = Bucket.fromBucketAttributes(other, "Receipts", { bucketName: "receipts", account: "210987654321" });
    createRelay(other, { archive: { bucket } });
    for (const each of [stack, other]) expect(() => synthesizeOwn(each)).not.toThrow();
  });

  test("keeps its own policy of removal and its own lifecycle", () => {
    const stack = createOwnStack();
    const bucket = new Bucket(stack, "Receipts");
    createRelay(stack, { archive: { bucket }, removalPolicy: RemovalPolicy.DESTROY });
    const { DeletionPolicy, Properties } = onlyResource(synthesizeOwn(stack), BUCKET);
    expect(DeletionPolicy).toBe("Retain");
    expect(Properties ?? {}).not.toHaveProperty("LifecycleConfiguration");
  });
});

describe("without an archive", () => {
  test("nothing of it is in the template", () => {
    expect(JSON.stringify(without.toJSON())).not.toMatch(/archive|ReceiptsMissing|s3:/i);
  });
});

describe("cdk-nag finds nothing that is not acknowledged with a reason", () => {
  const violationsOf = (stack: Stack) =>
    [new AwsSolutionsChecks(), new ServerlessChecks()].flatMap((pack) => pack.validateScope(stack).violations);

  test.each([
    ["a bucket that is made", true],
    ["an existing bucket", { bucket: "receipts" }],
    ["an existing bucket with a key", { bucket: "receipts", keyArn: KEY }],
  ])("with %s", (_what, archive) => {
    expect(violationsOf(createStack({ archive }))).toEqual([]);
  });

  test("with a customer-managed key", () => {
    const { stack } = createEncryptedRelay();
    const before = violationsOf(stack).length;
    const archived = createOwnStack({ env: { region: "us-east-1" } });
    createRelay(archived, { encryptionKey: new Key(archived, "Key"), archive: true });
    expect(violationsOf(archived)).toHaveLength(before);
  });
});
