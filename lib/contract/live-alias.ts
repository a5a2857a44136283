/**
 * The alias of relay and requeuer at which the event source mapping, the schedule and operators are pointed. It names the
 * version that was published last, so that code and configuration change in one step.
 */
export const LIVE_ALIAS = "live";

/**
 * The ARN of that alias of a function.
 *
 * @param functionArn the function's, with a version or an alias behind it or without.
 */
export const liveArnOf = (functionArn: string): string =>
  `${functionArn.split(":").slice(0, UNQUALIFIED_PARTS).join(":")}:${LIVE_ALIAS}`;

/** arn:partition:lambda:region:account:function:name */
const UNQUALIFIED_PARTS = 7;
