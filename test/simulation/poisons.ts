/**
 * How an event can spoil its call. The whole call fails, and the target does not say which event caused it. A full route alone
 * refuses just the event that goes by it.
 */
export const POISONS = [
  "answers 500",
  "cuts the connection",
  "never answers",
  "refuses the call",
  "full route",
] as const;
export type Poison = (typeof POISONS)[number];
