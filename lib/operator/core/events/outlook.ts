import type { FunctionRole } from "../../../contract/deployment/function-role.ts";
import { isLeased } from "../../../contract/read-back.ts";
import { hasPlace } from "../../../contract/sequence.ts";
import type { DeploymentFault } from "../deployment-fault.ts";
import type { AnnotatedParkedKey } from "../operator-ports.ts";
import { PLACE_TAKEN, type WaitingEvent } from "./waiting-event.ts";

/** Who works, as far as it is known, and by which times. */
export interface Components {
  /** The event source mapping brings new rows to the relay. */
  readonly relayOn: boolean;
  /** The schedule runs the requeuer. */
  readonly requeuerOn: boolean;
  /** The part by which the relay would be on is gone, so nobody can switch it on. */
  readonly relayFault?: DeploymentFault;
  readonly requeuerFault?: DeploymentFault;
  readonly requeueEveryMs: number;
  readonly minAgeMs: number;
}

/** Who does not work: switched off, or gone. */
export interface Off {
  readonly switchedOff: readonly FunctionRole[];
  readonly faults: readonly DeploymentFault[];
}

/** What will happen next to an undelivered event. The words are in `lib/operator/cli/texts/outlook-texts.ts`. */
export type Outlook = {
  /** Epoch milliseconds: not before. Absent: nobody can say. */
  readonly fromMs?: number;
} & (
  | { readonly kind: "nobody-works"; readonly off: Off }
  | { readonly kind: "held"; readonly actId: string | undefined }
  /** It is the first of its parked key. */
  | { readonly kind: "head-of-key" }
  | { readonly kind: "behind-head" }
  /** A row stands where its key would be parked, so nothing of the key is delivered. */
  | { readonly kind: "place-taken" }
  | { readonly kind: "key-draining" }
  /** Its sort key is not a place in a sequence. */
  | { readonly kind: "no-place" }
  /** Its row is malformed. The requeuer checks whether its writer has repaired it. */
  | { readonly kind: "checked-for-repair" }
  /** `failsAgain`: it was refused for good, and nothing that is known has changed since. */
  | { readonly kind: "tried-again"; readonly failsAgain: boolean }
  | { readonly kind: "relay-alone"; readonly off: Off }
  | { readonly kind: "relay-or-requeuer" }
  /** `off`: the relay, which would have brought it first. Absent: the relay works. */
  | { readonly kind: "requeuer"; readonly off?: Off }
);

/** Tells what comes next and when, from what the table says and who is switched on. */
export function outlookOf(
  event: WaitingEvent,
  parkedKey: AnnotatedParkedKey | undefined,
  components: Components,
  nowMs: number,
): Outlook {
  if (!components.requeuerOn && (event.state !== "waiting" || !components.relayOn)) {
    return { kind: "nobody-works", off: offOf(components) };
  }
  switch (event.state) {
    case "held": {
      const { heldBy: actId, notBeforeMs } = event;
      return { kind: "held", actId, ...(notBeforeMs === undefined ? {} : { fromMs: notBeforeMs }) };
    }
    case "parked":
      return nextOfKey("head-of-key", parkedKey, nowMs);
    case "behind":
      if (event.failure === PLACE_TAKEN) return { kind: "place-taken" };
      return nextOfKey("behind-head", parkedKey, nowMs);
    case "resting":
      if (!hasPlace(event.key.sk)) return { kind: "no-place" };
      return { ...restingFor(event), fromMs: Math.max(nowMs, event.notBeforeMs ?? nowMs) };
    case "waiting":
      return waitingFor(event, components, nowMs);
  }
}

/** An event that fails for good fails again, unless somebody does something about it. */
function restingFor({ type, failure }: WaitingEvent): Outlook {
  if (type === undefined) return { kind: "checked-for-repair" };
  return { kind: "tried-again", failsAgain: failure?.class === "permanent" && failure.scope === "event" };
}

function nextOfKey(
  kind: "head-of-key" | "behind-head",
  parkedKey: AnnotatedParkedKey | undefined,
  nowMs: number,
): Outlook {
  if (parkedKey !== undefined && isLeased(parkedKey, nowMs)) return { kind: "key-draining" };
  return { kind, fromMs: Math.max(nowMs, parkedKey?.notBeforeMs ?? nowMs) };
}

function offOf({ relayOn, relayFault, requeuerOn, requeuerFault }: Components): Off {
  const off = [
    ...(relayOn ? [] : [{ part: "relay" as const, fault: relayFault }]),
    ...(requeuerOn ? [] : [{ part: "requeuer" as const, fault: requeuerFault }]),
  ];
  return {
    switchedOff: off.flatMap(({ part, fault }) => (fault === undefined ? [part] : [])),
    faults: off.flatMap(({ fault }) => fault ?? []),
  };
}

function waitingFor({ type, sinceMs }: WaitingEvent, components: Components, nowMs: number): Outlook {
  const { relayOn, requeuerOn, minAgeMs } = components;
  const sweptFromMs = (sinceMs ?? nowMs) + minAgeMs;
  if (!requeuerOn) return { kind: "relay-alone", off: offOf(components) };
  if (sweptFromMs > nowMs && relayOn) return { kind: "relay-or-requeuer", fromMs: sweptFromMs };
  const fromMs = Math.max(nowMs, sweptFromMs);
  // A malformed row without room for a mark counts as waiting, although the requeuer has checked it.
  if (type === undefined) return { kind: "checked-for-repair", fromMs };
  return { kind: "requeuer", fromMs, ...(relayOn ? {} : { off: offOf(components) }) };
}
