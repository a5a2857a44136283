/** What a log says of an error: its name alone, for a message may hold a payload. What is not an Error is shown as it is. */
export const errorName = (error: unknown): string => (error instanceof Error ? error.name : String(error));
