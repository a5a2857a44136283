import type { Item } from "../../contract/codec/item.ts";
import type { OutboxRow, RowKey } from "../../contract/event.ts";
import type { ParkedKey } from "../../contract/parked-key.ts";
import type { Clock, ScanFrom } from "../../core/ports.ts";
import type { Act, ActEnd, AsideEvent, AsidePlace } from "./journal.ts";

/** What every command of an operator needs. */
export interface CommandPorts {
  readonly clock: Clock;
  /** Whether the operator wants it to end. */
  readonly stopped: () => boolean;
}

/** A row, by its key, and only while it holds this event. A malformed row may have no id. */
export interface RowAddress extends RowKey {
  readonly id?: string | undefined;
}

/** A parked-key record with what it tells an operator. */
export interface AnnotatedParkedKey extends ParkedKey {
  /** Why the key is parked. */
  readonly reason?: string;
  /** Epoch milliseconds: when the dead-letter queue last took the key's dead letter. */
  readonly deadLetterAtMs?: number;
}

export interface OperatorPage {
  readonly rows: readonly OutboxRow[];
  /** Rows that are not this relay's, for their type is not. Absent: every row is. */
  readonly foreign?: readonly OutboxRow[];
  readonly parkedKeys: readonly AnnotatedParkedKey[];
  readonly next?: RowKey;
}

export interface OperatorScan extends ScanFrom {
  /** @default false */
  readonly consistent?: boolean;
}

/** Keeps a row from everybody else for a while: no relay and no requeuer takes a row before its time. */
export interface Hold {
  /** The act that holds it. */
  readonly actId: string;
  /** Epoch milliseconds. It ends by itself, should the command die. */
  readonly untilMs: number;
}

/** What entitles an act to take a row out of the outbox. */
export type Claim =
  | ({ readonly kind: "hold" } & Hold)
  /** Every attribute is as it was read: for a malformed row without room for a hold, which nobody publishes. */
  | { readonly kind: "unchanged" }
  /** The lease on the parked-key record of the row's key. */
  | { readonly kind: "parked-key"; readonly owner: string };

/**
 * The outbox table in an operator's hands, beside a live relay and requeuer. Every write carries the condition that makes
 * it safe to repeat; a condition that does not hold is an answer. Methods reject when the table refuses.
 */
export interface OperatorTable {
  /** Reads one page, parked-key records included; eventually consistent, unless it is asked to be consistent. */
  scan(from: OperatorScan): Promise<OperatorPage>;
  /** Reads one item as it is, consistently. */
  readItem(key: RowKey): Promise<Item | undefined>;
  readParkedKey(pk: string): Promise<AnnotatedParkedKey | undefined>;
  /** Up to `limit` rows of a key above a sequence, consistently. */
  readKey(pk: string, above: number, limit: number): Promise<readonly OutboxRow[]>;
  /** Whether anything stands under a key, consistently: a row, wherever it stands and whoever's it is, or a parked-key record. */
  hasItems(pk: string): Promise<boolean>;
  /** The end of the requeuer's lease, in epoch milliseconds by its own clock: each run has another. Undefined: none runs. */
  requeuerUntil(): Promise<number | undefined>;
  /** Puts a hold on a row, unless another act's hold is still on. `no-room`: the row is as large as an item may be. */
  hold(row: RowAddress, hold: Hold, nowMs: number): Promise<"held" | "gone" | "held-by-another" | "no-room">;
  /** Takes this hold off, and has the row rest as it did before. */
  letGo(row: RowAddress, hold: Hold, restedUntilMs: number | undefined): Promise<void>;
  /** Lets a resting row be due now. Its history stays. */
  makeDue(row: RowAddress, nowMs: number): Promise<"made-due" | "gone" | "held">;
  /** Lets a resting parked-key record be due at a time, unless it is due before or somebody drains the key. */
  makeParkedKeyDue(
    pk: string,
    dueMs: number,
    nowMs: number,
  ): Promise<"made-due" | "due-already" | "draining" | "not-parked">;
  /** In one transaction: takes the row out of the outbox, under the claim, and keeps it whole in the journal. */
  setAside(row: RowAddress, claim: Claim, aside: AsideEvent): Promise<"moved" | "changed">;
  /** In one transaction: puts a quarantined event back where it was, if that place is free. */
  putBack(aside: AsideEvent, item: Item): Promise<"put-back" | "occupied" | "not-there">;
  /** In one transaction: a quarantined event becomes a discarded one, whole. */
  discardAside(aside: AsideEvent, discarded: AsideEvent): Promise<"discarded" | "not-there">;
}

export interface AsidePage {
  readonly events: readonly AsideEvent[];
  readonly next?: string;
}

/** The journal: what operators did, and the events that they set aside. */
export interface Journal {
  /** Notes an act before it changes anything. Rejects where it cannot be noted: then nothing may be changed. */
  begin(act: Act): Promise<void>;
  end(act: Act, end: ActEnd): Promise<void>;
  /** One act, by its id. Consistent. */
  act(id: string): Promise<Act | undefined>;
  /** Newest first. */
  acts(limit: number): Promise<readonly (Act & { readonly end?: ActEnd })[]>;
  /** Oldest first, a page of them. */
  aside(place: AsidePlace, after: string | undefined, limit: number): Promise<AsidePage>;
}
