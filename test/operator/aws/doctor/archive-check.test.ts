import { DescribeKeyCommand, GetKeyPolicyCommand, type KeyState, KMSClient } from "@aws-sdk/client-kms";
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyStatusCommand,
  GetPublicAccessBlockCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { beforeEach, describe, expect, it } from "vitest";
import { archiveKey } from "../../../../lib/contract/archive/archive-key.ts";
import { checkArchive, NEEDED_DAYS } from "../../../../lib/operator/aws/doctor/archive-check.ts";
import { serviceError } from "../../../aws/fixtures.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";
import { checked } from "./checked.ts";
import { inWords } from "./in-words.ts";

const s3 = mockClient(S3Client);
const kms = mockClient(KMSClient);
const KEY = "arn:aws:kms:us-east-1:123456789012:key/1";
const NOON_MS = Date.parse("2026-11-29T12:00:00Z");
const CLOSED = { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true };

/** A bucket in which all is well, until a test says otherwise. */
beforeEach(() => {
  s3.reset();
  kms.reset();
  const Key = archiveKey({ relayName: "orders", writtenAtMs: NOON_MS, process: "p", number: 1 });
  s3.on(ListObjectsV2Command).resolves({ Contents: [{ Key, Size: 1 }] });
  s3.on(GetBucketEncryptionCommand).resolves({});
  s3.on(GetBucketLifecycleConfigurationCommand).rejects(serviceError("NoSuchLifecycleConfiguration", 404));
  s3.on(GetPublicAccessBlockCommand).resolves({ PublicAccessBlockConfiguration: CLOSED });
});

function deployed(archiveBucketName: string | undefined = "receipts") {
  const { deployment, ...others } = checked();
  return { ...others, deployment: { ...deployment, archiveBucketName } };
}
const looked = () => inWords(checkArchive)(deployed());

function keyIs(KeyState: KeyState, KeyManager: "AWS" | "CUSTOMER" = "CUSTOMER"): void {
  s3.on(GetBucketEncryptionCommand).resolves({
    ServerSideEncryptionConfiguration: {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: KEY } }],
    },
  });
  kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: "1", Arn: KEY, KeyState, KeyManager } });
  kms.on(GetKeyPolicyCommand).resolves({ Policy: "{}" });
}

const keepsFor = (Days: number) =>
  s3.on(GetBucketLifecycleConfigurationCommand).resolves({
    Rules: [{ ID: "old", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days } }],
  });

describe("the doctor finds an archive to be well", () => {
  it("and says since when it has objects", async () => {
    expect(await looked()).toEqual({
      state: "fine",
      what: "the bucket receipts has objects since 2026-11-29T12:00:00Z",
    });
  });

  it("also while it is empty", async () => {
    s3.on(ListObjectsV2Command).resolves({});
    expect(await looked()).toMatchObject({
      state: "fine",
      what: expect.stringContaining("receipts is there, and empty"),
    });
  });

  it.each([
    ["Enabled", "CUSTOMER"],
    ["Enabled", "AWS"],
  ] as const)("with a key that is %s and %s's", async (state, manager) => {
    keyIs(state, manager);
    expect(await looked()).toMatchObject({ state: "fine" });
  });

  it("with a lifecycle that is long enough for an audit of a day", async () => {
    keepsFor(NEEDED_DAYS);
    expect(await looked()).toMatchObject({ state: "fine" });
  });

  it("where there is none, without a question", async () => {
    const { deployment, ...others } = deployed();
    const { archiveBucketName: _none, ...without } = deployment;
    expect(await inWords(checkArchive)({ ...others, deployment: without })).toEqual({
      state: "fine",
      what: "there is none: the prop archive makes one",
    });
    expect(s3.calls()).toEqual([]);
  });
});

describe("the doctor finds an archive to be wrong", () => {
  it("whose bucket is gone, and asks no more", async () => {
    s3.on(ListObjectsV2Command).rejects(serviceError("NoSuchBucket", 404));
    expect(await looked()).toMatchObject({
      state: "wrong",
      what: expect.stringContaining("The bucket receipts, in which the relay keeps its archive, does not exist"),
    });
    expect(s3.commandCalls(GetBucketEncryptionCommand)).toEqual([]);
  });

  it("whose bucket is in another region", async () => {
    s3.on(ListObjectsV2Command).rejects(serviceError("PermanentRedirect", 301));
    expect(await looked()).toMatchObject({
      state: "wrong",
      what: expect.stringContaining("The bucket receipts is not in us-east-1, where the relay is"),
    });
  });

  it.each(["Disabled", "PendingDeletion"] as const)("whose key is %s", async (state) => {
    keyIs(state);
    expect(await looked()).toEqual({
      state: "wrong",
      what: `the key ${KEY} of the bucket receipts is ${state}, so nothing is kept and nothing can be read`,
      fix: "enable it, or give the bucket another",
    });
  });

  it("whose key does not exist", async () => {
    keyIs("Enabled");
    kms.on(DescribeKeyCommand).rejects(serviceError("NotFoundException"));
    expect(await looked()).toMatchObject({
      state: "wrong",
      what: expect.stringContaining(`the key ${KEY} of the bucket`),
    });
  });

  it("that keeps objects for less than an audit of a day needs", async () => {
    keepsFor(1);
    expect(await looked()).toMatchObject({
      state: "wrong",
      what: "the bucket receipts keeps objects for 1 day, and an audit of one day needs 2",
    });
  });

  it.each([
    ["blocks nothing", {}],
    ["blocks a part", { PublicAccessBlockConfiguration: { ...CLOSED, BlockPublicPolicy: false } }],
  ])("that %s and whose policy is public", async (_what, block) => {
    s3.on(GetPublicAccessBlockCommand).resolves(block);
    s3.on(GetBucketPolicyStatusCommand).resolves({ PolicyStatus: { IsPublic: true } });
    expect(await looked()).toMatchObject({
      state: "wrong",
      what: "the policy of the bucket receipts lets everybody in",
      fix: expect.stringContaining("put-public-access-block"),
    });
  });

  it("and says all that is wrong at once", async () => {
    keepsFor(1);
    keyIs("Disabled");
    const { what } = await looked();
    expect(what).toContain("is Disabled");
    expect(what).toContain("keeps objects for 1 day");
  });
});

describe("the doctor cannot tell", () => {
  it("whether a bucket without a block of public access, and without a policy, is public", async () => {
    s3.on(GetPublicAccessBlockCommand).rejects(serviceError("NoSuchPublicAccessBlockConfiguration", 404));
    s3.on(GetBucketPolicyStatusCommand).rejects(serviceError("NoSuchBucketPolicy", 404));
    expect(await looked()).toMatchObject({
      state: "unknown",
      what: expect.stringContaining("receipts does not block all public access"),
    });
  });

  it.each([
    [ListObjectsV2Command, "s3:ListBucket"],
    [GetBucketEncryptionCommand, "s3:GetEncryptionConfiguration"],
    [GetBucketLifecycleConfigurationCommand, "s3:GetLifecycleConfiguration"],
    [GetPublicAccessBlockCommand, "s3:GetBucketPublicAccessBlock"],
  ] as const)("without a permission, which it names", async (command, action) => {
    s3.on(command as typeof ListObjectsV2Command).rejects(serviceError("AccessDenied", 403));
    expect(await looked()).toMatchObject({
      state: "unknown",
      what: expect.stringContaining(`You lack the permission ${action} on the bucket receipts`),
    });
  });
});
