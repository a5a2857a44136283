/** Consoles by the partition that an ARN begins with: https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html */
const CONSOLES: Readonly<Record<string, string>> = {
  aws: "console.aws.amazon.com",
  "aws-cn": "console.amazonaws.cn",
  "aws-us-gov": "console.amazonaws-us-gov.com",
  "aws-eusc": "console.amazonaws-eusc.eu",
};

/**
 * The link to a dashboard.
 *
 * @param arn any ARN of the same account.
 * @returns undefined in a partition whose console is not known: no link is better than a wrong one.
 */
export function dashboardLink(arn: string, region: string, dashboardName: string): string | undefined {
  const host = CONSOLES[arn.split(":")[1] ?? ""];
  return host === undefined
    ? undefined
    : `https://${region}.${host}/cloudwatch/home?region=${region}#dashboards/dashboard/${encodeURIComponent(dashboardName)}`;
}
