/**
 * The two functions of a relay: one publishes the events that the stream brings, the other those that the first could
 * not deliver.
 */
export const FUNCTION_ROLES = ["relay", "requeuer"] as const;
export type FunctionRole = (typeof FUNCTION_ROLES)[number];
