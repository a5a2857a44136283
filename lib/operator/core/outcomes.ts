/**
 * What came of an event in the hands of a command. The words for people, and whether an outcome counts as done, are in
 * `lib/operator/cli/texts/outcome-texts.ts`.
 */

/** The row is not where it was found, or it holds another event. */
type Gone =
  /**
   * Its row says nothing any more: the target may have acknowledged the event, another command may have set it aside,
   * somebody may have deleted it or written another event in its place. Nobody can tell from here, so it is not called
   * delivered.
   */
  "gone";

export type RetryOutcome =
  | "made-due"
  | "due-already"
  /** Its ordering key is not parked. */
  | "not-parked"
  /** A requeuer is delivering the events of its key. */
  | "draining"
  /** Another command holds it. */
  | "held"
  | Gone;

export type SetAsideOutcome =
  | "set-aside"
  /** Its row is there, and is not what it was when it was found. */
  | "changed"
  /** Its row is as large as DynamoDB takes an item, so it cannot be held. */
  | "no-room"
  | "held"
  /** A row stands where its key would be parked. */
  | "place-taken"
  | "draining"
  | Gone;

export type DiscardAsideOutcome =
  | "discarded"
  /** It is not in quarantine any more. */
  | "not-there";

export type ReleaseOutcome =
  | "put-back"
  /** Another event has taken its place. */
  | "occupied"
  | "not-there"
  /** Later events of its key may have been delivered, and the operator has not allowed that. */
  | "overtaken"
  | "draining";
