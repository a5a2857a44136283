import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CloudFormationClient, DescribeStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import type { References, Template } from "../../lib/cloudwatch/template.ts";
import { type DeployOptions, STACK, synthesize } from "../../lib/local/deploy.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../../lib/local/environment.ts";

/** MiniStack's account if the access key is not an account number. */
const ACCOUNT = "000000000000";

/**
 * The template including the alarms that the emulator cannot create, the composite one and those on metric math. The
 * rest equals the deployed template, with the same logical ids.
 */
export async function fullTemplate(options: DeployOptions): Promise<Template> {
  const folder = await synthesize({ ...options, name: "cdk.full", where: "aws" });
  return JSON.parse(await readFile(join(folder, `${STACK}.template.json`), "utf8")) as Template;
}

/** The values of the template's references in the deployed stack. */
export async function deployedReferences(endpoint: string): Promise<References> {
  const client = new CloudFormationClient({ endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS });
  try {
    const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName: STACK }));
    const ids = new Map(
      StackResources.map(({ LogicalResourceId, PhysicalResourceId }) => [LogicalResourceId, PhysicalResourceId]),
    );
    return { physicalId: (logicalId) => ids.get(logicalId), region: LOCAL_REGION, account: ACCOUNT };
  } finally {
    client.destroy();
  }
}

/** The functions by their log groups, with their deployed names. A template may have more than the deployed stack. */
export function functionsByLogGroup({ Resources }: Template, references: References): ReadonlyMap<string, string> {
  const functions = Object.entries(Resources).flatMap(([id, { Type, Properties = {} }]) => {
    if (Type !== "AWS::Lambda::Function") return [];
    const { LogGroup } = Properties["LoggingConfig"] as { readonly LogGroup: { readonly Ref: string } };
    const [group, name] = [references.physicalId(LogGroup.Ref), references.physicalId(id)];
    return group === undefined || name === undefined ? [] : [[group, name] as const];
  });
  return new Map(functions);
}
