import type { Clock } from "../ports.ts";
import { STREAM_MAPPING } from "../stream-mapping.ts";
import type { OperatorTable } from "./operator-ports.ts";
import { untilNobodyHolds } from "./settling.ts";

/**
 * Pause and resume. A pause loses nothing, because the row is the truth and neither the stream nor a letter is:
 *
 * - *The relay paused*: its event source mapping is off. For 24 hours the stream keeps what it could not bring, and brings
 *   it when the mapping is on again. What the stream has dropped by then is old enough for the sweep. So nothing is lost
 *   however long it lasts; and while the requeuer runs, rows older than the minimum age are delivered by it all the while.
 * - *The requeuer paused*: its schedule is off. Parked events stay parked; letters expire after 14 days and are not needed.
 * - *Both*: nothing is delivered. The table grows, and the alarms say so.
 *
 * `pause` answers when nobody works any more: who began before the switch may have work in hand for a while.
 */
export type Part = "relay" | "requeuer";
export const PARTS: readonly Part[] = ["relay", "requeuer"];

export interface Switch {
  /** What AWS calls its state, in its own words. */
  state(): Promise<SwitchState>;
  turn(on: boolean): Promise<void>;
}

export interface SwitchState {
  readonly on: boolean;
  readonly words: string;
}

export type Switches = Readonly<Record<Part, Switch>>;

const STREAM_KEEPS_MS = STREAM_MAPPING.maxRecordAgeSeconds * 1_000;

export interface SwitchPorts {
  readonly switches: Switches;
  readonly table: Pick<OperatorTable, "requeuerUntil">;
  readonly clock: Clock;
  readonly gateMs: number;
  readonly stopped: () => boolean;
}

/** Turns parts off or on. Resolves with those that were not so before. */
export async function turn(parts: readonly Part[], on: boolean, { switches }: SwitchPorts): Promise<readonly Part[]> {
  const changed: Part[] = [];
  for (const part of parts) {
    if ((await switches[part].state()).on === on) continue;
    await switches[part].turn(on);
    changed.push(part);
  }
  return changed;
}

/** Waits until the parts that were turned off have nothing in hand any more. Resolves with whether that is so. */
export async function untilIdle(parts: readonly Part[], offAtMs: number, ports: SwitchPorts): Promise<boolean> {
  const gateMs = parts.includes("relay") ? ports.gateMs : 0;
  return untilNobodyHolds(offAtMs, { ...ports, gateMs });
}

/** Until when a pause of these parts costs nothing but time on the stream's side. Absent: for as long as one likes. */
export const safeUntil = (parts: readonly Part[], offAtMs: number): number | undefined =>
  parts.includes("relay") ? offAtMs + STREAM_KEEPS_MS : undefined;
