/** Consoles by partition: https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html */
export const CONSOLES: Readonly<Record<string, string>> = {
  aws: "console.aws.amazon.com",
  "aws-cn": "console.amazonaws.cn",
  "aws-us-gov": "console.amazonaws-us-gov.com",
  "aws-eusc": "console.amazonaws-eusc.eu",
};

/**
 * The page of a dashboard.
 *
 * @param console its host, one of {@link CONSOLES}.
 * @param dashboardName as it stands in a URL.
 */
export const dashboardPage = (console: string, region: string, dashboardName: string): string =>
  `https://${region}.${console}/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboardName}`;
