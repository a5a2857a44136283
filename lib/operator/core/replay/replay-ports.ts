import type { Item } from "../../../contract/codec/item.ts";
import type { RowKey } from "../../../contract/event.ts";
import type { ArchiveGaps, ArchiveReader } from "../audit/audit-ports.ts";
import type { Spill } from "../audit/spill.ts";
import type { CommandPorts, Journal, OperatorTable } from "../operator-ports.ts";
import type { Position, Positions } from "./position.ts";

export interface ReplayPorts extends CommandPorts {
  readonly archive: ArchiveReader;
  readonly gaps: ArchiveGaps;
  readonly table: Pick<OperatorTable, "scan" | "hasItems">;
  readonly journal: Pick<Journal, "aside">;
  readonly spill: ReplaySpill;
  readonly rows: ReplayRows;
  /** The id of an event that is put again under another one: always the same for the same event of the same replay. */
  readonly newId: (replayId: string, event: RowKey & { readonly id: string }) => string;
}

/** Keeps whole events where there is room for them, beside what is known of them. */
export interface ReplaySpill extends Spill {
  keep(text: string): KeptText;
  recall(kept: KeptText): string;
}

/** A place in the spill, in bytes. */
export interface KeptText {
  readonly at: number;
  readonly length: number;
}

/** The rows that a replay puts. Methods reject when a table refuses. */
export interface ReplayRows {
  /** How far earlier runs of the replay came. Consistent. */
  positions(replayId: string): Promise<Positions>;
  /**
   * In one transaction: puts a row where there is none, and moves its writer from one position to the next. So an event is
   * put if and only if its position is noted, wherever the process dies.
   *
   * @throws ReplayElsewhere if the writer is not where this run left it: another command goes on with this replay.
   */
  put(item: Item, move: PositionMove): Promise<"put" | "occupied" | "not-taken">;
}

export interface PositionMove {
  readonly replayId: string;
  readonly writer: number;
  /** Absent: nothing was put by this writer before. */
  readonly from: Position | undefined;
  readonly to: Position;
}

/** Another command goes on with the same replay. */
export class ReplayElsewhere extends Error {
  override readonly name = "ReplayElsewhere";
}
