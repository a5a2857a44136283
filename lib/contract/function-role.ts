/** The two functions of a relay: one publishes what the stream brings, the other delivers what it could not. */
export const FUNCTION_ROLES = ["relay", "requeuer"] as const;
export type FunctionRole = (typeof FUNCTION_ROLES)[number];
