export type FindingState =
  | "fine"
  | "wrong"
  /** It could not be found out: somebody refused, or did not answer. */
  | "unknown"
  /** It cannot be seen from an operator's machine at all, which says nothing for or against it. */
  | "out of sight";

interface As<State extends FindingState, Code extends string> {
  readonly state: State;
  readonly code: Code;
}
export type Fine<Code extends string, Facts = unknown> = As<"fine", Code> & Readonly<Facts>;
export type Wrong<Code extends string, Facts = unknown> = As<"wrong", Code> & Readonly<Facts>;
export type Unknown<Code extends string, Facts = unknown> = As<"unknown", Code> & Readonly<Facts>;
export type OutOfSight<Code extends string, Facts = unknown> = As<"out of sight", Code> & Readonly<Facts>;
