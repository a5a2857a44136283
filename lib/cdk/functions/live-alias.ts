import { Alias, type AliasOptions, type Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { LIVE_ALIAS } from "../../contract/live-alias.ts";

/**
 * Publishes a function as a version of its own whenever its code or its configuration changes, and has an alias name it.
 *
 * Lambda updates code and configuration of a function one after the other: in between, new code reads old settings. A version
 * is published when both are done, and whoever invokes the alias meets the version before until then.
 */
export function publishLive(scope: Construct, published: LambdaFunction, options: AliasOptions = {}): Alias {
  return new Alias(scope, "Live", {
    aliasName: LIVE_ALIAS,
    description: "What stream, schedule and operators invoke",
    version: published.currentVersion,
    ...options,
  });
}
