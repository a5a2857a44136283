import type { Item } from "../../contract/codec/item.ts";
import type { RowKey } from "../../contract/event.ts";

/** What an operator can do that changes something. */
export type ActName = "retry" | "quarantine" | "release" | "discard" | "pause" | "resume" | "put" | "replay";

/** The record of one command. It is written before the command changes anything. */
export interface Act {
  readonly id: string;
  readonly name: ActName;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** Who: the caller's identity, an ARN. */
  readonly who: string;
  /** Why, in the operator's words. */
  readonly why?: string;
  /** What was asked for: the filter, the ids or the part, in words. */
  readonly what: string;
  /** Events that the command set out to change. */
  readonly events: number;
  /** All that a later run needs to go on with it. Absent: an act that is not gone on with. */
  readonly request?: string;
}

export interface ActEnd {
  readonly atMs: number;
  readonly how: "done" | "stopped" | "failed";
  readonly tally: Tally;
}

/** How many events came to which outcome, in the words that the journal keeps for people. */
export type Tally = Readonly<Record<string, number>>;

/** The place of a set-aside event: quarantined to come back, or discarded for good. */
export type AsidePlace = "quarantined" | "discarded";

/** An event taken out of the outbox by an operator, whole. */
export interface AsideEvent {
  /** Orders and names it within its place. */
  readonly entryId: string;
  readonly place: AsidePlace;
  readonly key: RowKey;
  readonly id?: string;
  readonly type?: string;
  readonly actId: string;
  readonly atMs: number;
  readonly who: string;
  readonly why: string;
  /** Why it was not delivered, as its row had it. */
  readonly reason?: string;
  /** An event of an ordering key, under a relay that keeps order. */
  readonly ordered: boolean;
  /**
   * The version of its key's record when it was moved. While the record has this version, no other actor has come to
   * the key since.
   */
  readonly parkedKeyVersion?: number;
  /** The row as it stood, the relay's own marks included. */
  readonly item: Item;
}
