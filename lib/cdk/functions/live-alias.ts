import { Alias, type AliasOptions, type Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { LIVE_ALIAS } from "../../contract/deployment/live-alias.ts";

/**
 * Publishes a new version of a function whenever its code or configuration changes, and points an alias at it.
 *
 * Lambda updates a function's code and configuration one after the other: in between, new code reads old settings. A
 * version is published when both are done; until then the alias names the version before.
 */
export function publishLive(scope: Construct, published: LambdaFunction, options: AliasOptions = {}): Alias {
  return new Alias(scope, "Live", {
    aliasName: LIVE_ALIAS,
    description: "What stream, schedule and operators invoke",
    version: published.currentVersion,
    ...options,
  });
}
