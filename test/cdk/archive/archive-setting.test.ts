import { EventBus } from "aws-cdk-lib/aws-events";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { describe, expect, test } from "vitest";
import { readRelayProps } from "../../../lib/cdk/outbox-relay-props.ts";
import { readAppSettings } from "../../../lib/cdk/settings.ts";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import { createOwnStack } from "../fixtures.ts";

const KEY = "arn:aws:kms:eu-west-1:123456789012:key/0f1e2d3c";

const stack = createOwnStack();
const target = OutboxTarget.eventBridge(new EventBus(stack, "Bus"));
const bucket = Bucket.fromBucketName(stack, "Archive", "receipts");

const ofApp = (archive: unknown) => readAppSettings({ archive }).archive;
const ofConstruct = (archive: unknown) => readRelayProps("Orders/Relay", { target, archive }).archive;

describe("the archive", () => {
  test("is off unless it is asked for", () => {
    expect(readAppSettings({}).archive).toBeUndefined();
    expect(readRelayProps("Orders/Relay", { target }).archive).toBeUndefined();
  });

  test.each([
    ["true", true, {}],
    ["an empty object", {}, {}],
    ["payloads", { payload: true }, { payload: true }],
    ["a day", { retentionDays: 1 }, { retentionDays: 1 }],
    ["ten years", { retentionDays: 3_653 }, { retentionDays: 3_653 }],
  ])("is a bucket that is made, without payloads and for a year unless more is said: %s", (_what, given, said) => {
    for (const read of [ofApp, ofConstruct]) {
      expect(read(given)).toEqual({ payload: false, kind: "made", retentionDays: 365, ...said });
    }
  });

  test("may be in a bucket that is there: the construct takes it, the app names it", () => {
    expect(ofConstruct({ bucket, payload: true })).toEqual({ payload: true, kind: "given", bucket });
    expect(ofApp({ bucket: "receipts" })).toEqual({ payload: false, kind: "given", bucket: { name: "receipts" } });
    const encrypted = { payload: false, kind: "given", bucket: { name: "my.receipts-2", keyArn: KEY } };
    expect(ofApp({ bucket: "my.receipts-2", keyArn: KEY })).toEqual(encrypted);
  });
});

describe("an audit on a schedule", () => {
  const withAudit = (archive: unknown, audit: unknown) => readAppSettings({ archive, audit }).audit;

  test("needs an archive whose objects outlive its window, as far as the setting tells", () => {
    expect(withAudit({ retentionDays: 2 }, true)).toEqual({ everyHours: 24, windowHours: 25 });
    expect(withAudit({ bucket: "receipts" }, { windowHours: 168 })).toEqual({ everyHours: 24, windowHours: 168 });
    for (const [days, audit, window] of [
      [1, true, 25],
      [7, { windowHours: 168 }, 168],
    ] as const) {
      expect(() => withAudit({ retentionDays: days }, audit)).toThrow(
        `outboxRelay.audit.windowHours is ${window}: archive.retentionDays is ${days}, after which objects are deleted; a window must be shorter than that.`,
      );
    }
  });
});

describe("is refused with its name, the value and what is allowed", () => {
  test.each([
    [false, "outboxRelay.archive is false: it must be true or an object; leave it out where no archive is wanted."],
    ["yes", 'outboxRelay.archive is "yes": it must be an object with bucket, keyArn, payload, retentionDays.'],
    [{ days: 7 }, "outboxRelay.archive.days is 7: there is no such setting; the settings here are bucket, keyArn,"],
    [{ payload: "yes" }, 'outboxRelay.archive.payload is "yes": it must be true or false.'],
    [{ retentionDays: 0 }, "outboxRelay.archive.retentionDays is 0: it must be an integer from 1 to 3653."],
    [{ retentionDays: 3_654 }, "outboxRelay.archive.retentionDays is 3654: it must be an integer from 1 to 3653."],
    [
      { bucket: "receipts", retentionDays: 30 },
      "outboxRelay.archive.retentionDays is 30: it is of a bucket that is made: leave it out where bucket is given, and give that bucket a lifecycle of its own.",
    ],
    [{ keyArn: KEY }, `outboxRelay.archive.keyArn is "${KEY}": it is the key of what bucket names: give that too.`],
    [{ bucket: "receipts", keyArn: "alias/a" }, 'outboxRelay.archive.keyArn is "alias/a": it must be the ARN of a KMS'],
  ])("by the app: %j", (given, message) => {
    expect(() => ofApp(given)).toThrow(message);
  });

  test.each(["Receipts", "ab", "-receipts", "receipts-", "x".repeat(64), "arn:aws:s3:::receipts", "s3://receipts", ""])(
    "by the app, for a bucket's name that none has: %j",
    (name) => {
      expect(() => ofApp({ bucket: name })).toThrow(
        `outboxRelay.archive.bucket is ${JSON.stringify(name)}: it must be the name of a bucket`,
      );
    },
  );

  test.each([
    ["receipts", 'is "receipts"'],
    [{ arn: "arn:aws:s3:::receipts" }, "is {"],
    [target, "is "],
  ])("by the construct, for what is not a bucket", (given, shown) => {
    expect(() => ofConstruct({ bucket: given })).toThrow(`Orders/Relay.archive.bucket ${shown}`);
    expect(() => ofConstruct({ bucket: given })).toThrow(
      "it must be a bucket of the CDK's: a Bucket, or Bucket.fromBucketName(this, id, name).",
    );
  });

  test("by the construct, for the app's own way to name a key", () => {
    expect(() => ofConstruct({ bucket, keyArn: KEY })).toThrow(
      `Orders/Relay.archive.keyArn is ${JSON.stringify(KEY)}: there is no such setting`,
    );
  });
});
