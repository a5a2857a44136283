import { CfnParameter, type CfnParameterProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { CODE_BUCKET, CODE_PREFIX } from "./released-code.ts";

/** The longest description of a version of a function, which holds what the functions are told by parameters. */
export const DESCRIPTION_CHARACTERS = 256;

/**
 * A parameter for a value. Nothing that changes a template's structure, or that the construct computes with, is a
 * parameter: each of those is a template of its own, or a setting of `npm run release:assets`.
 */
export function parameter(
  scope: Construct,
  id: string,
  { allowedPattern, ...props }: Required<Pick<CfnParameterProps, "description" | "allowedPattern">> & CfnParameterProps,
): string {
  const constraintDescription = `it must match ${allowedPattern}`;
  return new CfnParameter(scope, id, { constraintDescription, ...props, allowedPattern }).valueAsString;
}

/** Where the zips are. */
export function addCodeParameters(scope: Construct): void {
  parameter(scope, CODE_BUCKET, {
    description: "The bucket with the zips of the release, in the stack's own region",
    allowedPattern: "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    constraintDescription: "it must be the name of a bucket",
  });
  parameter(scope, CODE_PREFIX, {
    description: "What the zips' names in the bucket begin with, such as outbox/0.1.0/",
    default: "",
    allowedPattern: "([A-Za-z0-9!_.*'()/-]*/)?",
    constraintDescription: "it must be empty or end with a slash",
  });
}
