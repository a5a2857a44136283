/**
 * The key of the CDK context by which a stack is synthesized for the emulator: `-c outboxRelayLocal=true`. The construct then
 * leaves out what the emulator refuses, and waits for less long. See docs/local.md.
 */
export const LOCAL_CONTEXT = "outboxRelayLocal";

/** How long is waited on a developer's machine, where the app does not say. */
export const LOCAL_WAITS = {
  backoff: { baseMs: 50, capMs: 500, attempts: 3, budgetMs: 3_000 },
  requeueBackoff: { baseSeconds: 1, capSeconds: 5 },
} as const;
