import { Match } from "aws-cdk-lib/assertions";
import { Stream } from "aws-cdk-lib/aws-kinesis";
import { Key } from "aws-cdk-lib/aws-kms";
import { describe, expect, test } from "vitest";
import { readAppSettings } from "../../../lib/cdk/settings.ts";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import {
  createOwnStack,
  createRelay,
  onlyResource,
  ROLES,
  resourcesOf,
  synthesize,
  synthesizeOwn,
  targetsIn,
} from "../fixtures.ts";

const streamArn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";

describe("Kinesis", () => {
  test("a stream is made when none is given, and kept like the outbox itself", () => {
    const template = synthesize({ target: { kind: "kinesis" } });
    const stream = onlyResource(template, "AWS::Kinesis::Stream", "Stream");
    expect(stream.DeletionPolicy).toBe("Retain");
    expect(stream.Properties).toEqual({
      StreamModeDetails: { StreamMode: "ON_DEMAND" },
      RetentionPeriodHours: 168,
      StreamEncryption: { EncryptionType: "KMS", KeyId: "alias/aws/kinesis" },
    });
    template.hasOutput("TargetName", { Value: { Ref: Match.stringLikeRegexp("^Stream") } });
    for (const role of ROLES) {
      expect(resourcesOf(template, role, "kinesis:PutRecords")).toEqual([
        { "Fn::GetAtt": [expect.stringMatching(/^Stream/), "Arn"] },
      ]);
    }
  });

  test("an existing stream is used by its ARN, with what it takes in a record", () => {
    const template = synthesize({ target: { kind: "kinesis", streamArn, maxRecordBytes: 10_485_760 } });
    template.resourceCountIs("AWS::Kinesis::Stream", 0);
    const environment = `{"kind":"kinesis","streamArn":"${streamArn}","maxRecordBytes":10485760}`;
    expect(targetsIn(template)).toEqual([environment, environment]);
    template.hasOutput("TargetName", { Value: streamArn });
  });

  test("both functions may write to the streams that are named, and encrypt with their customer-managed keys", () => {
    const stack = createOwnStack();
    const stream = new Stream(stack, "First", { encryptionKey: new Key(stack, "Key") });
    const other = new Stream(stack, "Second");
    createRelay(stack, { target: OutboxTarget.kinesis(stream, { alsoTo: [other] }) });
    const template = synthesizeOwn(stack);
    for (const role of ROLES) {
      expect(resourcesOf(template, role, "kinesis:PutRecords")).toEqual([
        [
          { "Fn::GetAtt": [expect.stringMatching(/^First/), "Arn"] },
          { "Fn::GetAtt": [expect.stringMatching(/^Second/), "Arn"] },
        ],
      ]);
      expect(resourcesOf(template, role, "kms:GenerateDataKey")).toEqual([
        { "Fn::GetAtt": [expect.stringMatching(/^Key/), "Arn"] },
      ]);
      expect(resourcesOf(template, role, "kms:Decrypt")).toEqual([]);
    }
    expect(JSON.stringify(targetsIn(template))).toContain('alsoTo\\":[\\"');
  });

  test("a size that no stream has is refused", () => {
    const stream = new Stream(createOwnStack(), "First");
    expect(() => OutboxTarget.kinesis(stream, { maxRecordBytes: 10 })).toThrow("maxRecordBytes is 10");
  });

  test.each([
    [{ streamArn: "orders" }, 'streamArn is "orders": it must be the ARN of a stream'],
    [{ maxRecordBytes: 2_000_000 }, "maxRecordBytes is 2000000: it says what the stream at streamArn takes"],
    [{ streamArn, maxRecordBytes: 10 }, "maxRecordBytes is 10: it must be an integer from 1048576 to 10485760"],
    [{ streamName: "x" }, 'streamName is "x": there is no such setting'],
  ])("the setting %j is refused with the reason", (settings, message) => {
    expect(() => readAppSettings({ target: { kind: "kinesis", ...settings } })).toThrow(
      `outboxRelay.target.${message}`,
    );
  });
});
