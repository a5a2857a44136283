/**
 * The event with which the doctor starts the requeuer: it answers, and makes no run. Whatever else it is invoked with is a
 * run, since a schedule's event can be changed by anybody.
 */
export const START_CHECK = { outboxRelay: "start-check" } as const;

export const isStartCheck = (event: unknown): boolean =>
  typeof event === "object" &&
  event !== null &&
  (event as Partial<typeof START_CHECK>).outboxRelay === START_CHECK.outboxRelay;
