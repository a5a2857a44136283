import type { RowKey } from "../../../contract/event.ts";
import type { KeptText } from "./replay-ports.ts";

/** What one place tells of a key: the archive, the table or the journal. */
export type ReplayFact =
  | ({ readonly kind: "receipt" } & ReplayReceipt)
  /** A row waits at this place. */
  | { readonly kind: "row"; readonly key: RowKey }
  | { readonly kind: "parked-key"; readonly pk: string }
  /** An operator has set it aside. */
  | { readonly kind: "aside"; readonly key: RowKey; readonly id: string | undefined };

/** An acknowledged event that is wanted. */
export interface ReplayReceipt {
  readonly key: RowKey;
  readonly id: string;
  readonly type: string | undefined;
  /** Epoch milliseconds: when it was acknowledged. */
  readonly atMs: number;
  /** As its receipt shows it. */
  readonly destination: string | undefined;
  /** Of the whole address. Absent: the receipt has none. */
  readonly destinationHash: string | undefined;
  /** Where the event itself is kept. Absent: its receipt does not have it. */
  readonly text: KeptText | undefined;
  /** Its data is in an object of S3, to which it points. */
  readonly hasReference: boolean;
}

export const pkOf = (fact: ReplayFact): string => (fact.kind === "parked-key" ? fact.pk : fact.key.pk);

/** A fact as the text that is spilled: a list without names, for there may be millions. */
export function replayFactText(fact: ReplayFact): string {
  switch (fact.kind) {
    case "receipt": {
      const { key, id, type, atMs, destination, destinationHash, text, hasReference } = fact;
      const kept = text === undefined ? null : [text.at, text.length];
      const went = [destination ?? null, destinationHash ?? null];
      return JSON.stringify(["r", key.pk, key.sk, id, type ?? null, atMs, ...went, kept, hasReference]);
    }
    case "row":
      return JSON.stringify(["w", fact.key.pk, fact.key.sk]);
    case "parked-key":
      return JSON.stringify(["p", fact.pk]);
    case "aside":
      return JSON.stringify(["a", fact.key.pk, fact.key.sk, fact.id ?? null]);
  }
}

type Nullable<Value> = Value | null;
type FactList =
  | [
      ...[kind: "r", pk: string, sk: string, id: string, type: Nullable<string>, atMs: number],
      ...[destination: Nullable<string>, destinationHash: Nullable<string>],
      ...[text: Nullable<[at: number, length: number]>, hasReference: boolean],
    ]
  | [kind: "w", pk: string, sk: string]
  | [kind: "p", pk: string]
  | [kind: "a", pk: string, sk: string, id: Nullable<string>];

/** @param text one that {@link replayFactText} made. */
export function readReplayFact(text: string): ReplayFact {
  const list = JSON.parse(text) as FactList;
  switch (list[0]) {
    case "r": {
      const [, pk, sk, id, type, atMs, destination, destinationHash, kept, hasReference] = list;
      return {
        ...{ kind: "receipt", key: { pk, sk }, id, type: type ?? undefined, atMs },
        ...{ destination: destination ?? undefined, destinationHash: destinationHash ?? undefined, hasReference },
        text: kept === null ? undefined : { at: kept[0], length: kept[1] },
      };
    }
    case "w":
      return { kind: "row", key: { pk: list[1], sk: list[2] } };
    case "p":
      return { kind: "parked-key", pk: list[1] };
    case "a":
      return { kind: "aside", key: { pk: list[1], sk: list[2] }, id: list[3] ?? undefined };
  }
}
