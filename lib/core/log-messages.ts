/** Messages of log lines that a table of the dashboard asks for. */
export const LOG_MESSAGES = {
  parked: "An event was not delivered; it is parked",
  failedAgain: "A parked event failed again; it rests for longer",
  invocation: "Invocation",
} as const;
