import { EXIT } from "../exit-code.ts";
import type { Session } from "../session.ts";

/** The link to the dashboard: printed, so that it works from a machine without a browser too. */
export async function dashboard({ output, clients, deployment }: Session): Promise<number> {
  const region = await clients.cloudwatch.config.region();
  const name = encodeURIComponent(deployment.dashboardName);
  const link = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`;
  output.document({ link });
  output.line(link);
  return EXIT.ok;
}
