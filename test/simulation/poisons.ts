/**
 * What an event can do to a call that it is in. Each befalls the whole call, and the target says nothing of which event it was;
 * but for a full route, which refuses the event that goes by it.
 */
export const POISONS = [
  "answers 500",
  "cuts the connection",
  "never answers",
  "refuses the call",
  "full route",
] as const;
export type Poison = (typeof POISONS)[number];
