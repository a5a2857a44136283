import { CfnResource } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** By its type, and not by its class, of which an app may hold two copies. */
export const isResource = <Resource extends CfnResource>(
  node: IConstruct | undefined,
  type: string,
): node is Resource => node !== undefined && CfnResource.isCfnResource(node) && node.cfnResourceType === type;
