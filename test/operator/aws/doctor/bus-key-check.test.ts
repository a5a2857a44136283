import { DescribeEventBusCommand, EventBridgeClient, ResourceNotFoundException } from "@aws-sdk/client-eventbridge";
import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  type KeyState,
  KMSClient,
  NotFoundException,
} from "@aws-sdk/client-kms";
import { beforeEach, describe, expect, it } from "vitest";
import { checkBusKey } from "../../../../lib/operator/aws/doctor/bus-key-check.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";
import { checked } from "./checked.ts";
import { inWords } from "./in-words.ts";

const eventbridge = mockClient(EventBridgeClient);
const kms = mockClient(KMSClient);
beforeEach(() => {
  eventbridge.reset();
  kms.reset();
});

const KEY = "arn:aws:kms:us-east-1:123456789012:key/1";
const BUS = "arn:aws:events:us-east-1:123456789012:event-bus/orders";
const PROTECTED = {
  Arn: BUS,
  KmsKeyIdentifier: KEY,
  DeadLetterConfig: { Arn: "arn:aws:sqs:us-east-1:123456789012:undelivered" },
};
const denied = Object.assign(new Error("not authorized to perform: kms:GetKeyPolicy"), {
  ...{ name: "AccessDeniedException", $metadata: {} },
});
const looked = () => inWords(checkBusKey)(checked());

const keyIs = (KeyState: KeyState, KeyManager: "AWS" | "CUSTOMER" = "CUSTOMER") =>
  kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: "1", Arn: KEY, KeyState, KeyManager } });
const policyIs = (...Statement: readonly object[]) =>
  kms.on(GetKeyPolicyCommand).resolves({ Policy: JSON.stringify({ Version: "2012-10-17", Statement }) });
const ALLOWED = {
  ...{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Resource: "*" },
  Action: ["kms:GenerateDataKey", "kms:Decrypt"],
};

describe("a bus's key", () => {
  it("is AWS's own where the bus has none, and no matter for another target", async () => {
    eventbridge.on(DescribeEventBusCommand).resolves({ Name: "orders" });
    expect(await looked()).toEqual({ state: "fine", what: "AWS's own" });
    expect(kms.calls()).toHaveLength(0);
    const queue = { kind: "sqs", queueUrl: "https://sqs.us-east-1.amazonaws.com/123456789012/orders" };
    expect(await inWords(checkBusKey)(checked({ target: queue }))).toMatchObject({ state: "fine" });
  });

  it("is fine where the bus may use it, and keeps in a queue what it cannot encrypt", async () => {
    eventbridge.on(DescribeEventBusCommand).resolves(PROTECTED);
    keyIs("Enabled");
    policyIs(ALLOWED);
    expect(await looked()).toMatchObject({ state: "fine", what: expect.stringContaining("may use its key") });
    policyIs({ ...ALLOWED, Action: "kms:*", Condition: { StringEquals: { "aws:SourceArn": BUS } } });
    expect(await looked()).toMatchObject({ state: "fine" });
    policyIs({ ...ALLOWED, Action: ["kms:Decrypt", "kms:GenerateDataKey*"], Principal: { AWS: "*" } });
    expect(await looked()).toMatchObject({ state: "fine" });
    keyIs("Enabled", "AWS");
    policyIs();
    expect(await looked()).toMatchObject({ state: "fine" });
  });

  it("is wrong without a dead-letter queue, however well the key is", async () => {
    eventbridge.on(DescribeEventBusCommand).resolves({ KmsKeyIdentifier: KEY });
    keyIs("Enabled");
    policyIs(ALLOWED);
    expect(await looked()).toMatchObject({
      state: "wrong",
      what: `the bus orders has the key ${KEY} and no dead-letter queue: once the key cannot be used it loses what it acknowledges`,
      fix: expect.stringContaining(
        `aws events update-event-bus --name orders --kms-key-identifier ${KEY} --dead-letter-config`,
      ),
    });
  });

  it.each(["Disabled", "PendingDeletion", "PendingImport", "Unavailable"] as const)(
    "is wrong where it is %s",
    async (state) => {
      eventbridge.on(DescribeEventBusCommand).resolves(PROTECTED);
      keyIs(state);
      expect(await looked()).toMatchObject({
        ...{ state: "wrong", what: expect.stringContaining(`is ${state}`), fix: expect.stringContaining("enable-key") },
      });
    },
  );

  it("is wrong where it is gone, and where its policy leaves EventBridge out", async () => {
    eventbridge.on(DescribeEventBusCommand).resolves(PROTECTED);
    kms.on(DescribeKeyCommand).rejects(new NotFoundException({ message: "gone", $metadata: {} }));
    expect(await looked()).toMatchObject({ state: "wrong", what: expect.stringContaining("does not exist") });
    keyIs("Enabled");
    policyIs({ ...ALLOWED, Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "kms:*" });
    expect(await looked()).toMatchObject({
      state: "wrong",
      what: expect.stringContaining("events.amazonaws.com do kms:GenerateDataKey, kms:Decrypt"),
    });
    policyIs(ALLOWED, { ...ALLOWED, Effect: "Allow" }, { ...ALLOWED, Action: "kms:Encrypt" });
    expect(await looked()).toMatchObject({ state: "fine" });
    policyIs({ ...ALLOWED, Condition: { StringEquals: { "aws:SourceArn": `${BUS}-of-another` } } });
    expect(await looked()).toMatchObject({ state: "wrong" });
    policyIs({ ...ALLOWED, Action: "kms:Decrypt" });
    expect(await looked()).toMatchObject({ what: expect.stringContaining("do kms:GenerateDataKey, which") });
  });

  it("is unknown where nobody may look at it, and the missing queue is told all the same", async () => {
    eventbridge.on(DescribeEventBusCommand).resolves(PROTECTED);
    keyIs("Enabled");
    kms.on(GetKeyPolicyCommand).rejects(denied);
    expect(await looked()).toMatchObject({ state: "unknown", what: expect.stringContaining("kms:GetKeyPolicy") });
    policyIs({ ...ALLOWED, Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } });
    expect(await looked()).toMatchObject({ state: "unknown", what: expect.stringContaining("says more than is read") });
    eventbridge.on(DescribeEventBusCommand).resolves({ KmsKeyIdentifier: KEY });
    expect(await looked()).toMatchObject({ state: "wrong", what: expect.stringContaining("no dead-letter queue") });
  });

  it("of a bus that is gone is no fault of its own", async () => {
    eventbridge.on(DescribeEventBusCommand).rejects(new ResourceNotFoundException({ message: "gone", $metadata: {} }));
    expect(await looked()).toMatchObject({ state: "fine" });
  });
});
