import type { FunctionRole } from "../../contract/deployment/function-role.ts";
import { STREAM_MAPPING } from "../../contract/deployment/stream-mapping.ts";
import { LEASE_SECONDS } from "../../core/requeue/requeuer.ts";
import type { DeploymentFault } from "./deployment-fault.ts";
import type { CommandPorts } from "./operator-ports.ts";
import { pauseUntil } from "./until-nobody-holds.ts";

/**
 * Pause and resume. A pause loses nothing, because the row is the truth and neither the stream nor a dead letter is:
 *
 * - *The relay paused*: its event source mapping is off. For 24 hours the stream keeps what it could not bring, and
 *   brings it when the mapping is on again. What the stream has dropped by then is old enough for the sweep. So nothing
 *   is lost however long it lasts; and while the requeuer runs, rows older than the minimum age are delivered by it all
 *   the while.
 * - *The requeuer paused*: its schedule is off. Parked events stay parked; dead letters expire after 14 days and are
 *   not needed.
 * - *Both*: nothing is delivered. The table grows, and the alarms say so.
 *
 * `pause` returns when nobody works any more: an actor that began before the switch may have work in hand for a while.
 */

export interface Switch {
  state(): Promise<SwitchState>;
  /** Resolves with what is wrong where the part is gone, and undefined once it is asked to be so. */
  turn(on: boolean): Promise<DeploymentFault | undefined>;
}

export type SwitchState =
  | {
      /** One that is on its way counts as where it goes. */
      readonly on: boolean;
      /** It has arrived there. */
      readonly settled: boolean;
      /** In AWS's own word, such as `Enabled` or `DISABLED`. */
      readonly awsState: string;
      /** Lambda does not run its function: the reserved concurrency is 0. */
      readonly isThrottled: boolean;
      readonly fault?: undefined;
    }
  /** It is gone, so nobody can switch it. */
  | { readonly on: false; readonly settled: true; readonly fault: DeploymentFault };

export type Switches = Readonly<Record<FunctionRole, Switch>>;

const STREAM_KEEPS_MS = STREAM_MAPPING.maxRecordAgeSeconds * 1_000;

export interface SwitchPorts extends CommandPorts {
  readonly switches: Switches;
  readonly minParkedMs: number;
}

export type TurnOutcome =
  | { readonly kind: "turned" | "as-it-was"; readonly part: FunctionRole }
  /** Nobody can switch a part that is gone. */
  | { readonly kind: "gone"; readonly part: FunctionRole; readonly fault: DeploymentFault };

/** Turns parts off or on, one after the other. A part that is gone keeps no other from being switched. */
export async function turn(
  parts: readonly FunctionRole[],
  on: boolean,
  { switches }: SwitchPorts,
  onOutcome: (outcome: TurnOutcome) => void = () => {},
): Promise<void> {
  for (const part of parts) {
    const { on: isOn, fault } = await switches[part].state();
    if (fault === undefined && isOn === on) {
      onOutcome({ kind: "as-it-was", part });
      continue;
    }
    const gone = await switches[part].turn(on);
    onOutcome(gone === undefined ? { kind: "turned", part } : { kind: "gone", part, fault: gone });
  }
}

/** What waiting for a pause came to. */
export type PauseEnd = "idle" | "on-again" | "stopped";

/**
 * Lambda keeps a run that it had no room for up to a minute, the function's maximum event age. Until then the run may
 * still start.
 */
const QUEUED_RUN_MS = 60_000;
const CHECK_EVERY_MS = 1_000;

/**
 * Waits until the parts that were turned off have nothing in hand any more: no new invocation begins, and the earlier
 * ones are over. A relay is over after its timeout, and a requeuer when its lease has run out.
 */
export async function untilIdle(parts: readonly FunctionRole[], ports: SwitchPorts): Promise<PauseEnd> {
  const { switches, clock, minParkedMs, stopped } = ports;
  const states = () => Promise.all(parts.map((part) => switches[part].state()));
  for (let seen = await states(); ; seen = await states()) {
    if (seen.some(({ on }) => on)) return "on-again";
    if (stopped()) return "stopped";
    if (seen.every(({ settled }) => settled)) break;
    await clock.sleep(CHECK_EVERY_MS);
  }
  const overAfterMs = { relay: minParkedMs, requeuer: QUEUED_RUN_MS + LEASE_SECONDS * 1_000 };
  await pauseUntil(clock.now() + Math.max(...parts.map((part) => overAfterMs[part])), ports);
  if (stopped()) return "stopped";
  return (await states()).some(({ on }) => on) ? "on-again" : "idle";
}

/**
 * Epoch milliseconds: until when the stream keeps everything for the parts that are paused. Undefined: the pause does
 * not concern the stream.
 */
export const safeUntil = (parts: readonly FunctionRole[], offAtMs: number): number | undefined =>
  parts.includes("relay") ? offAtMs + STREAM_KEEPS_MS : undefined;
