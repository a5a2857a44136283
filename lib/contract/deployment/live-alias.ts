/**
 * The alias of relay and requeuer that the event source mapping, the schedule and operators use. It names the version
 * published last, so that code and configuration change in one step.
 */
export const LIVE_ALIAS = "live";

/**
 * The ARN of that alias of a function.
 *
 * @param functionArn the function's ARN, with or without a version or an alias.
 */
export const liveArnOf = (functionArn: string): string =>
  `${functionArn.split(":").slice(0, UNQUALIFIED_PARTS).join(":")}:${LIVE_ALIAS}`;

/** arn:partition:lambda:region:account:function:name */
const UNQUALIFIED_PARTS = 7;
