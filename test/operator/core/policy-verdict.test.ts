import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { policyVerdict } from "../../../lib/operator/core/policy-verdict.ts";
import { hostileText } from "../../foreigners/hostile-json.ts";
import { mutated } from "../../foreigners/mutated-json.ts";

const TOPIC = "arn:aws:sns:us-east-1:123456789012:ops";
const ALARM = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:OutboxRelay-DeliveryAtRisk";
const CLOUDWATCH = { Service: "cloudwatch.amazonaws.com" };

const request = {
  service: "cloudwatch.amazonaws.com",
  action: "sns:Publish",
  resourceArn: TOPIC,
  context: {
    "aws:sourcearn": ALARM,
    "aws:sourceaccount": "123456789012",
    "aws:sourceowner": "123456789012",
    "aws:securetransport": "true",
  },
};

const allow = (change: object) => ({ Effect: "Allow", Principal: CLOUDWATCH, Action: "sns:Publish", ...change });
const verdictOf = (...statements: readonly object[]) =>
  policyVerdict(JSON.stringify({ Version: "2012-10-17", Statement: statements }), request);

/** A variable as IAM writes it. This is not a template literal of ours. */
const VARIABLE = ["$", "{aws:ResourceAccount}"].join("");

/** The policy that SNS gives to every new topic. */
const DEFAULT = allow({
  Principal: { AWS: "*" },
  Action: ["SNS:GetTopicAttributes", "SNS:Subscribe", "SNS:Publish"],
  Resource: TOPIC,
  Condition: { StringEquals: { "AWS:SourceOwner": "123456789012" } },
});
/** The policy of the CDK's enforceSSL. */
const TLS_ONLY = {
  ...{ Effect: "Deny", Principal: "*", Action: "sns:Publish", Resource: TOPIC },
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};
const TLS_ONLY_BOOLEAN = { ...TLS_ONLY, Condition: { Bool: { "aws:SecureTransport": false } } };
/** The policy of a data perimeter: it keeps out everybody of another organization, but not AWS's own services. */
const PERIMETER = {
  ...{ Effect: "Deny", Principal: "*", Action: "sns:*", Resource: TOPIC },
  Condition: {
    StringNotEqualsIfExists: { "aws:PrincipalOrgID": "o-1" },
    BoolIfExists: { "aws:PrincipalIsAWSService": "false" },
  },
};

describe("a policy lets CloudWatch publish", () => {
  it.each([
    ["by default, to a topic of the alarm's account", DEFAULT],
    ["by name", allow({})],
    [
      "by name among others, with wildcards",
      allow({ Principal: { Service: ["events.amazonaws.com", CLOUDWATCH.Service] }, Action: "sns:*", Resource: "*" }),
    ],
    [
      "with the alarm's account",
      allow({ Condition: { StringEquals: { "aws:SourceAccount": ["1", "123456789012"] } } }),
    ],
    [
      "with the alarms of a region",
      allow({ Condition: { ArnLike: { "aws:SourceArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*" } } }),
    ],
    [
      "unless it is somebody else's alarm",
      allow({ Condition: { StringNotEquals: { "aws:SourceAccount": "222222222222" } } }),
    ],
    [
      "with the alarm's account as a number",
      allow({ Condition: { StringEquals: { "aws:SourceAccount": 123456789012 } } }),
    ],
    [
      "with the alarm's account as a number among others",
      allow({ Condition: { StringEquals: { "aws:SourceAccount": [1, 123456789012] } } }),
    ],
    ["with TLS as a boolean", allow({ Condition: { Bool: { "aws:SecureTransport": true } } })],
    ["to services of AWS", allow({ Condition: { Bool: { "aws:PrincipalIsAWSService": true } } })],
    [
      "to this service by a condition",
      allow({ Principal: "*", Condition: { StringEquals: { "aws:PrincipalServiceName": CLOUDWATCH.Service } } }),
    ],
  ])("%s", (_how, statement) => {
    expect(verdictOf(statement)).toBe("allowed");
    expect(verdictOf(TLS_ONLY, statement)).toBe("allowed");
    expect(verdictOf(TLS_ONLY_BOOLEAN, statement)).toBe("allowed");
    expect(verdictOf(PERIMETER, statement)).toBe("allowed");
  });

  it("where the only statement is not a list", () => {
    expect(policyVerdict(JSON.stringify({ Statement: allow({}) }), request)).toBe("allowed");
  });
});

describe("a policy does not", () => {
  it.each([
    ["where it says nothing of it", TLS_ONLY],
    ["where it lets another service", allow({ Principal: { Service: "events.amazonaws.com" } })],
    ["where it lets people of the account", allow({ Principal: { AWS: "arn:aws:iam::123456789012:root" } })],
    ["where it lets it do something else", allow({ Action: "sns:Subscribe" })],
    ["where it lets all but this", allow({ Action: undefined, NotAction: "sns:Publish" })],
    ["where it is about another topic", allow({ Resource: `${TOPIC}-2` })],
    [
      "where it is the default of another account",
      { ...DEFAULT, Condition: { StringEquals: { "AWS:SourceOwner": "222222222222" } } },
    ],
    [
      "where it is for another account, as a number",
      allow({ Condition: { StringEquals: { "aws:SourceAccount": 222222222222 } } }),
    ],
    [
      "where it is for whoever is no service of AWS",
      allow({ Condition: { Bool: { "aws:PrincipalIsAWSService": false } } }),
    ],
    ["where it means another alarm", allow({ Condition: { ArnEquals: { "aws:SourceArn": `${ALARM}-2` } } })],
    ["where a string with a star is no pattern", allow({ Condition: { StringEquals: { "aws:SourceArn": "*" } } })],
  ])("%s", (_why, statement) => {
    expect(verdictOf(statement)).toBe("denied");
  });

  it("where one statement denies what another allows", () => {
    expect(verdictOf(allow({}), { ...allow({}), Effect: "Deny" })).toBe("denied");
  });
});

describe("a policy is unclear", () => {
  it.each([
    ["with a condition on what only AWS knows", allow({ Condition: { StringEquals: { "aws:SourceOrgID": "o-1" } } })],
    [
      "with an operator that is not known here",
      allow({ Condition: { DateLessThan: { "aws:CurrentTime": "2030-01-01" } } }),
    ],
    [
      "with a condition on what the request may lack",
      allow({ Condition: { StringEqualsIfExists: { "aws:PrincipalOrgID": "o-1" } } }),
    ],
    [
      "with a condition on what the request may lack, turned round",
      allow({ Condition: { StringNotEqualsIfExists: { "aws:PrincipalOrgID": "o-1" } } }),
    ],
    ["with a variable", allow({ Condition: { StringEquals: { "aws:SourceAccount": VARIABLE } } })],
    ["with a variable in the resource", allow({ Resource: `arn:aws:sns:us-east-1:${VARIABLE}:ops` })],
    ["with a principal that is left out", allow({ Principal: undefined, NotPrincipal: { AWS: "1" } })],
  ])("%s", (_what, statement) => {
    expect(verdictOf(statement)).toBe("unclear");
    expect(verdictOf({ ...statement, Effect: "Deny" }, allow({}))).toBe("unclear");
    // One clear statement is enough to allow.
    expect(verdictOf(statement, allow({}))).toBe("allowed");
  });

  it("where it is no JSON", () => {
    expect(policyVerdict("<xml/>", request)).toBe("unclear");
  });
});

describe("a policy that is none", () => {
  it("is unclear, or is judged, and never thrown on", () => {
    const good = { Statement: [allow({ Condition: { ArnLike: { "aws:SourceArn": [ALARM] } }, Resource: TOPIC })] };
    const text = fc.oneof(
      hostileText,
      mutated(good).map((policy) => JSON.stringify(policy)),
    );
    fc.assert(
      fc.property(text, (policy) => {
        expect(["allowed", "denied", "unclear"]).toContain(policyVerdict(policy, request));
      }),
      { numRuns: 2_000, seed: 20_260_131 },
    );
  });

  it.each(["null", "7", "[]", '{"Statement":[null]}', '{"Statement":null}', '{"Statement":[{"Condition":null}]}', "{"])(
    "is unclear: %s",
    (policy) => expect(policyVerdict(policy, request)).toBe("unclear"),
  );
});
