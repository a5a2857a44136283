import type { OrderedPorts } from "../../../core/ordered/ordering.ts";
import type { ParkKeyPorts } from "../../../core/ordered/park-key.ts";
import type { AsidePlace } from "../journal.ts";
import type { OperatorTable } from "../operator-ports.ts";
import type { HolderPorts } from "../until-nobody-holds.ts";

export interface SetAsidePorts extends HolderPorts, Omit<ParkKeyPorts, "ordering" | "clock"> {
  readonly table: OperatorTable;
  /** Absent: every row stands by itself. */
  readonly ordering: OrderedPorts | undefined;
}

export interface SetAsideRequest {
  readonly place: AsidePlace;
  readonly actId: string;
  readonly who: string;
  readonly why: string;
  /** Events moved in a second. */
  readonly eventsPerSecond: number;
  /** Told before a wait until nobody can have so many events in hand. */
  readonly onWait?: (events: number) => void;
}
