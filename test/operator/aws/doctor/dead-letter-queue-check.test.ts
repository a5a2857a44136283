import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it } from "vitest";
import { checkQueue } from "../../../../lib/operator/aws/doctor/function-checks.ts";
import { DEPLOY } from "../../../../lib/operator/cli/texts/fault-texts.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";
import { checked } from "./checked.ts";
import { inWords } from "./in-words.ts";

const mock = mockClient(SQSClient);
afterEach(() => mock.reset());

const POLICY = '{"Statement":[{"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}';

describe("the doctor's look at the dead-letter queue", () => {
  it("is content with one that takes the largest dead letter", async () => {
    mock.on(GetQueueAttributesCommand).resolves({ Attributes: { Policy: POLICY, MaximumMessageSize: "1048576" } });
    expect(await inWords(checkQueue)(checked())).toMatchObject({ state: "fine" });
  });

  it("finds one that was made with a quarter of that", async () => {
    mock.on(GetQueueAttributesCommand).resolves({ Attributes: { Policy: POLICY, MaximumMessageSize: "262144" } });
    expect(await inWords(checkQueue)(checked())).toEqual({
      state: "wrong",
      what: "it takes messages up to 262144 bytes, so a larger event's dead letter is refused",
      fix: DEPLOY,
    });
  });
});
