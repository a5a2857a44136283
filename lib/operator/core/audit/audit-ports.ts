import type { NotedLine } from "../../../contract/archive/archive-line.ts";
import type { CommandPorts, Journal, OperatorTable } from "../operator-ports.ts";
import type { KeptFor, Unreadable } from "./audit-report.ts";
import type { Spill } from "./spill.ts";

export interface AuditPorts extends CommandPorts {
  readonly archive: ArchiveReader;
  readonly gaps: ArchiveGaps;
  readonly table: Pick<OperatorTable, "scan">;
  readonly journal: Pick<Journal, "acts" | "aside">;
  readonly spill: Spill;
}

/** The archive of one relay, to be read. Methods reject when it cannot be reached, or may not be. */
export interface ArchiveReader {
  /** Epoch milliseconds: when the oldest object was written. Undefined: there is none. */
  oldestMs(): Promise<number | undefined>;
  kept(): Promise<KeptFor>;
  /**
   * Reads all objects of some hours. An object that cannot be unpacked is told, and none of its lines are; a line that
   * cannot be read is told, and the others are handed over.
   */
  read(hours: HourRange, visit: ArchiveVisitor): Promise<void>;
}

/** By the time of writing, in epoch milliseconds at the beginning of an hour. */
export interface HourRange {
  readonly fromMs: number;
  /** Not part of it. Absent: up to the latest object. */
  readonly untilMs?: number;
}

export interface ArchiveVisitor {
  /** Whether a line is to be handed over with the event itself. @default none is */
  readonly wantsEvent?: (line: NotedLine) => boolean;
  /** The lines of an object, without the events that are not wanted. */
  object(lines: readonly NotedLine[]): void;
  unreadable(unreadable: Unreadable): void;
}

export interface ArchiveGaps {
  /** Epoch milliseconds: the beginnings of hours whose lines may be missing, from that of `fromMs` on. Consistent. */
  hours(fromMs: number): Promise<readonly number[]>;
}
