/**
 * The event with which the doctor starts the requeuer: the requeuer answers, and makes no run. Any other event makes a
 * run, since anybody can change a schedule's event.
 */
export const START_CHECK = { outboxRelay: "start-check" } as const;

export const isStartCheck = (event: unknown): boolean =>
  typeof event === "object" &&
  event !== null &&
  (event as Partial<typeof START_CHECK>).outboxRelay === START_CHECK.outboxRelay;
