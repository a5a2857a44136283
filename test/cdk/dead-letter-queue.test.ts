import { describe, expect, test } from "vitest";
import { SQS_MESSAGE_BYTES } from "../../lib/contract/settings/sizes.ts";
import { createEncryptedRelay, onlyResource, REQUEUER_FUNCTION, synthesize, synthesizeOwn } from "./fixtures.ts";

const QUEUE = "AWS::SQS::Queue";

describe("the dead-letter queue", () => {
  const template = synthesize();
  const queue = onlyResource(template, QUEUE);

  test("keeps messages as long as SQS can", () => {
    expect(queue.Properties.MessageRetentionPeriod).toBe(14 * 24 * 60 * 60);
  });

  test("takes a dead letter as large as the relay may write one, whatever SQS's own default is", () => {
    expect(queue.Properties.MaximumMessageSize).toBe(SQS_MESSAGE_BYTES);
  });

  test("is retained when the stack goes", () => {
    expect([queue.DeletionPolicy, queue.UpdateReplacePolicy]).toEqual(["Retain", "Retain"]);
  });

  test("is a standard queue, and passes no message on", () => {
    expect(queue.Properties).not.toHaveProperty("FifoQueue");
    expect(queue.Properties).not.toHaveProperty("RedrivePolicy");
  });

  test("hides a message for longer than a requeuer lives", () => {
    const requeuer = onlyResource(template, "AWS::Lambda::Function", REQUEUER_FUNCTION);
    expect(queue.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(requeuer.Properties.Timeout + 10);
  });

  test("is encrypted", () => {
    expect(queue.Properties.SqsManagedSseEnabled).toBe(true);
  });

  test("is encrypted with a customer-managed key where one is given", () => {
    const template = synthesizeOwn(createEncryptedRelay().stack);
    expect(onlyResource(template, QUEUE).Properties.KmsMasterKeyId).toEqual({
      "Fn::GetAtt": [expect.stringMatching(/^Key/), "Arn"],
    });
  });

  test("refuses whoever does not use TLS", () => {
    template.hasResourceProperties("AWS::SQS::QueuePolicy", {
      PolicyDocument: {
        Statement: [
          {
            Effect: "Deny",
            Principal: { AWS: "*" },
            Action: "sqs:*",
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
        ],
      },
    });
  });
});
