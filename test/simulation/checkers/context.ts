import type { OutboxRow, RowKey } from "../../../lib/contract/event.ts";
import type { Scenario } from "../storms/scenario-shape.ts";

/** What a checker may know beside what the process asks and learns. */
export interface Context {
  /** The process's name. */
  readonly by: string;
  /** By the process's own clock, in epoch milliseconds. */
  readonly nowMs: () => number;
  readonly scenario: Pick<Scenario, "ordering" | "sweep" | "operators">;
  /** Its target acknowledges also when it is missing: then an acknowledgement alone decides nothing. */
  readonly isChecked: boolean;
  /** What the table holds, whatever the process knows of it. */
  readonly rowOf: (key: RowKey) => OutboxRow | undefined;
  /** Whether the target has an event, whoever it was acknowledged to. */
  readonly isDelivered: (id: string) => boolean;
  readonly violate: (what: string) => void;
}

export const isRequeuer = ({ by }: Pick<Context, "by">): boolean => !by.startsWith("relay");
