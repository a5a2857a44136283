import { CfnResource } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** Compares the type, not the class: an app may hold two copies of the CDK. */
export const isResource = <Resource extends CfnResource>(
  node: IConstruct | undefined,
  type: string,
): node is Resource => node !== undefined && CfnResource.isCfnResource(node) && node.cfnResourceType === type;
