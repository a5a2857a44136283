import { dashboardLink } from "../../aws/console.ts";
import { OperatorError } from "../../aws/operator-error.ts";
import { EXIT } from "../exit-code.ts";
import type { Session } from "../session.ts";

/** The link to the dashboard: printed, so that it works from a machine without a browser too. */
export async function dashboard({ output, clients, deployment, caller }: Session): Promise<number> {
  const region = await clients.cloudwatch.config.region();
  const { dashboardName } = deployment;
  if (dashboardName === undefined) {
    throw new OperatorError(
      "not-found",
      'This relay was deployed without a dashboard: deploy it with monitoring: "full" to have one.',
    );
  }
  const link = dashboardLink(caller.arn, region, dashboardName);
  if (link === undefined) {
    throw new OperatorError(
      "failed",
      `This command does not know the console of your partition (${caller.arn}): open the dashboard ${dashboardName} in CloudWatch, region ${region}.`,
    );
  }
  output.document({ link });
  output.line(link);
  return EXIT.ok;
}
