import type { ArchiveLine, NotedLine } from "../../../contract/archive/archive-line.ts";
import type { RowKey } from "../../../contract/event.ts";
import type { WaitingEvent } from "../events/waiting-event.ts";
import type { AsideEvent } from "../journal.ts";

/** What one place tells of an event: the archive, the table or the journal. */
export type Fact = MetFact | ReceiptFact | RowFact | AsideFact;

interface OfEvent {
  readonly key: RowKey;
  /** Absent: its row is malformed, and no id could be read. It is known by its key. */
  readonly id?: string | undefined;
}

/** The stream brought its row to the relay. */
export interface MetFact extends OfEvent {
  readonly kind: "met";
  readonly type?: string | undefined;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** Epoch milliseconds: when its row was written, by DynamoDB's clock. */
  readonly writtenAtMs?: number | undefined;
}

/** The target acknowledged it. */
export interface ReceiptFact extends OfEvent {
  readonly kind: "receipt";
  readonly id: string;
  readonly type?: string | undefined;
  readonly atMs: number;
  /** Names the line, which may have been written twice. */
  readonly note: string;
  /** The target had it already, and dropped this one. */
  readonly isDropped: boolean;
}

/** Its row is in the table. */
export interface RowFact extends OfEvent {
  readonly kind: "row";
  readonly event: WaitingEvent;
}

/** It is in the journal, set aside by an operator. */
export interface AsideFact extends OfEvent {
  readonly kind: "aside";
  readonly aside: SetAside;
  /** Whether it was read before the table, or after it. */
  readonly read: "before" | "after";
}

/** A set-aside event without its row. */
export type SetAside = Omit<AsideEvent, "item">;

export function lineFact({ note, line }: NotedLine): MetFact | ReceiptFact {
  const { atMs, type } = line;
  const key = keyOf(line);
  if (line.line === "met") return { kind: "met", key, id: line.id, type, atMs, writtenAtMs: line.writtenAtMs };
  return { kind: "receipt", key, id: line.id, type, atMs, note, isDropped: line.duplicate === true };
}

const keyOf = ({ pk, sk }: ArchiveLine): RowKey => ({ pk, sk });

/** A fact as the text that is spilled: a list without names, for there may be millions. */
export function factText(fact: Fact): string {
  const { pk, sk } = fact.key;
  const id = fact.id ?? null;
  switch (fact.kind) {
    case "met":
      return JSON.stringify(["m", pk, sk, id, fact.type ?? null, fact.atMs, fact.writtenAtMs ?? null]);
    case "receipt":
      return JSON.stringify(["r", pk, sk, id, fact.type ?? null, fact.atMs, fact.note, fact.isDropped]);
    case "row":
      return JSON.stringify(["w", pk, sk, id, fact.event]);
    case "aside":
      return JSON.stringify(["a", pk, sk, id, fact.aside, fact.read]);
  }
}

type Nullable<Value> = Value | null;
type Start<Kind> = [kind: Kind, pk: string, sk: string, id: Nullable<string>];
type FactList =
  | [...Start<"m">, type: Nullable<string>, atMs: number, writtenAtMs: Nullable<number>]
  | [...Start<"r">, type: Nullable<string>, atMs: number, note: string, isDropped: boolean]
  | [...Start<"w">, event: WaitingEvent]
  | [...Start<"a">, aside: SetAside, read: AsideFact["read"]];

/** @param text one that {@link factText} made. */
export function readFact(text: string): Fact {
  const list = JSON.parse(text) as FactList;
  const key = { pk: list[1], sk: list[2] };
  const id = list[3] ?? undefined;
  switch (list[0]) {
    case "m":
      return { kind: "met", key, id, type: list[4] ?? undefined, atMs: list[5], writtenAtMs: list[6] ?? undefined };
    case "r": {
      const [, , , , type, atMs, note, isDropped] = list;
      return { kind: "receipt", key, id: id ?? "", type: type ?? undefined, atMs, note, isDropped };
    }
    case "w":
      return { kind: "row", key, id, event: list[4] };
    case "a":
      return { kind: "aside", key, id, aside: list[4], read: list[5] };
  }
}
