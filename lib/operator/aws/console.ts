import { CONSOLES, dashboardPage } from "../../contract/deployment/console.ts";

/**
 * The link to a dashboard.
 *
 * @param arn any ARN of the same account.
 * @returns undefined in a partition whose console is not known: no link is better than a wrong one.
 */
export function dashboardLink(arn: string, region: string, dashboardName: string): string | undefined {
  const console = CONSOLES[arn.split(":")[1] ?? ""];
  return console === undefined ? undefined : dashboardPage(console, region, encodeURIComponent(dashboardName));
}
