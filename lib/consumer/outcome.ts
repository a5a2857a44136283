/** How an event ended. */
export type Outcome = "handled" | "duplicate";
