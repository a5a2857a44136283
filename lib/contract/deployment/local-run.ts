/**
 * The key of the CDK context by which a stack is synthesized for the emulator: `-c outboxRelayLocal=true`. The constructs then
 * leave out what the emulator refuses. See docs/local.md.
 */
export const LOCAL_CONTEXT = "outboxRelayLocal";
