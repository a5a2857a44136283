import { expect, it } from "vitest";
import { dashboardLink } from "../../../lib/operator/aws/console.ts";

it.each([
  ["aws", "eu-central-1", "https://eu-central-1.console.aws.amazon.com/"],
  ["aws-cn", "cn-north-1", "https://cn-north-1.console.amazonaws.cn/"],
  ["aws-us-gov", "us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/"],
  ["aws-eusc", "eusc-de-east-1", "https://eusc-de-east-1.console.amazonaws-eusc.eu/"],
])("the link to the dashboard leads to the console of its partition: %s", (partition, region, console) => {
  const arn = `arn:${partition}:sts::123456789012:assumed-role/person/session`;
  expect(dashboardLink(arn, region, "Orders/é")).toBe(
    `${console}cloudwatch/home?region=${region}#dashboards/dashboard/Orders%2F%C3%A9`,
  );
});

it("leads nowhere where no console is known", () => {
  expect(dashboardLink("arn:aws-iso:iam::123456789012:user/person", "us-iso-east-1", "Orders")).toBeUndefined();
  expect(dashboardLink("unknown", "us-east-1", "Orders")).toBeUndefined();
});
