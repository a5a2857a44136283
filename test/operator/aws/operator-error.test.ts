import { describe, expect, it } from "vitest";
import { explained, OperatorError } from "../../../lib/operator/aws/operator-error.ts";

const awsError = (name: string, message: string) =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });

describe("what an AWS error means to the person who met it", () => {
  it.each([
    [
      awsError(
        "AccessDeniedException",
        "User: arn:aws:sts::1:assumed-role/dev/ann is not authorized to perform: dynamodb:Scan on resource: arn:aws:dynamodb:eu-west-1:1:table/Outbox because no identity-based policy allows the dynamodb:Scan action",
      ),
      "not-allowed",
      "You lack the permission dynamodb:Scan on arn:aws:dynamodb:eu-west-1:1:table/Outbox: ask for a role that has OutboxRelay.grantInspect (to look) or grantOperate (to act).",
    ],
    [
      awsError(
        "AccessDenied",
        "User: arn:aws:iam::1:user/ann is not authorized to perform: cloudformation:DescribeStacks",
      ),
      "not-allowed",
      "You lack the permission cloudformation:DescribeStacks: ask for a role that has OutboxRelay.grantInspect (to look) or grantOperate (to act).",
    ],
    [
      awsError("ExpiredTokenException", "The security token included in the request is expired"),
      "not-allowed",
      "Your AWS credentials have expired: sign in again.",
    ],
    [
      Object.assign(new Error("Could not load credentials from any providers"), { name: "CredentialsProviderError" }),
      "not-allowed",
      "There are no AWS credentials to use (Could not load credentials from any providers): sign in, or choose a profile with --profile or AWS_PROFILE.",
    ],
    [new Error("Region is missing"), "misuse", "No region is chosen: give --region, or set AWS_REGION."],
    [
      Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" }),
      "failed",
      "AWS cannot be reached (ECONNREFUSED): check the network, --region and --endpoint-url.",
    ],
    [
      Object.assign(new Error("aborted"), { code: "ECONNRESET" }),
      "failed",
      "AWS cannot be reached (ECONNRESET): check the network, --region and --endpoint-url.",
    ],
    [
      awsError("ProvisionedThroughputExceededException", "too fast"),
      "failed",
      "AWS refused a call (ProvisionedThroughputExceededException): too fast",
    ],
  ])("%#", (error, kind, message) => {
    expect(explained(error)).toMatchObject({ kind, message });
  });

  it("leaves a bug alone, so that it is seen whole", () => {
    expect(explained(new TypeError("undefined is not a function"))).toBeUndefined();
    expect(explained("a text")).toBeUndefined();
  });

  it("keeps what was explained already", () => {
    const error = new OperatorError("not-found", "nothing");
    expect(explained(error)).toBe(error);
  });
});
