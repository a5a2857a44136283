/** Log messages that a table of the dashboard queries. */
export const LOG_MESSAGES = {
  parked: "An event was not delivered; it is parked",
  failedAgain: "A parked event failed again; it rests for longer",
  undecided: "An event failed alone, and too few others were tried to tell whether it or the target is to blame",
  invocation: "Invocation",
} as const;
