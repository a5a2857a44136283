import type { OutboxRow, RowKey } from "../../../lib/contract/event.ts";
import type { SimulatedArchive } from "../ports/archive.ts";
import type { Scenario } from "../storms/scenario-shape.ts";

/** What a checker may know, in addition to what the process asks and learns. */
export interface Context {
  /** The process's name. */
  readonly by: string;
  /** By the process's own clock, in epoch milliseconds. */
  readonly nowMs: () => number;
  readonly scenario: Pick<Scenario, "ordering" | "sweep" | "operators">;
  /** The target acknowledges even while it is missing, so an acknowledgement alone decides nothing. */
  readonly isChecked: boolean;
  /** What the table holds, whether or not the process knows it. */
  readonly rowOf: (key: RowKey) => OutboxRow | undefined;
  /** Whether the target has an event, whoever it was acknowledged to. */
  readonly isDelivered: (id: string) => boolean;
  /** Absent: nothing is archived. */
  readonly archive: Pick<SimulatedArchive, "hasReceipt" | "hasMet" | "lacksLines"> | undefined;
  readonly violate: (what: string) => void;
}

export const isRequeuer = ({ by }: Pick<Context, "by">): boolean => !by.startsWith("relay");
