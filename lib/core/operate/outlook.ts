import { hasPlace } from "../ordered/sequence.ts";
import { isLeased } from "../read-back.ts";
import type { Problem } from "./health.ts";
import type { AnnotatedParkedKey } from "./operator-ports.ts";
import { FIX_OF_MALFORMED, PLACE_TAKEN, type WaitingEvent } from "./waiting-event.ts";

/** What keeps the machinery from working, as far as it is known. */
export interface Components {
  /** The event source mapping brings new rows to the relay. */
  readonly relayOn: boolean;
  /** The schedule runs the requeuer. */
  readonly requeuerOn: boolean;
  /** What is gone by which it would be on, so nobody can switch it on. */
  readonly relayFault?: Problem;
  readonly requeuerFault?: Problem;
  readonly requeueEveryMs: number;
  readonly minAgeMs: number;
}

/** What will happen next to an undelivered event. */
export interface Outlook {
  readonly what: string;
  /** Epoch milliseconds: not before. Absent: nobody can say. */
  readonly fromMs?: number;
}

/** Tells what comes next and when, from what the table says and who is switched on. */
export function outlookOf(
  event: WaitingEvent,
  parkedKey: AnnotatedParkedKey | undefined,
  components: Components,
  nowMs: number,
): Outlook {
  if (!components.requeuerOn && (event.state !== "waiting" || !components.relayOn)) {
    return { what: `nothing: ${offText(components)}` };
  }
  switch (event.state) {
    case "held":
      return { what: `nothing until the command ${event.heldBy} is through with it`, ...from(event.notBeforeMs) };
    case "parked":
      return nextOfKey("the requeuer tries it again, and then what waits behind it", parkedKey, nowMs);
    case "behind":
      if (event.failure === PLACE_TAKEN)
        return { what: "nothing, until the row at sort key 0 of its key is set aside" };
      return nextOfKey(
        "it follows when the first event of its key is delivered; the requeuer tries that",
        parkedKey,
        nowMs,
      );
    case "resting":
      if (!hasPlace(event.key.sk)) return { what: NO_PLACE };
      return { what: againText(event), fromMs: Math.max(nowMs, event.notBeforeMs ?? nowMs) };
    case "waiting":
      return waitingFor(event, components, nowMs);
  }
}

const NO_PLACE = `nothing: its sort key is no place in a sequence and cannot be changed; ${FIX_OF_MALFORMED} at one`;

const LOOKS_WHETHER_REPAIRED = `the requeuer looks whether its row has been repaired; ${FIX_OF_MALFORMED}`;

/** What fails for good fails again, unless somebody does something about it. */
function againText({ type, failure }: WaitingEvent): string {
  if (type === undefined) return LOOKS_WHETHER_REPAIRED;
  return failure?.class === "permanent" && failure.scope === "event"
    ? "the requeuer tries it again, which fails until the event or the target is changed (or `outbox-relay quarantine` sets it aside)"
    : "the requeuer tries it again";
}

function nextOfKey(what: string, parkedKey: AnnotatedParkedKey | undefined, nowMs: number): Outlook {
  if (parkedKey !== undefined && isLeased(parkedKey, nowMs)) {
    return { what: "the requeuer is delivering the events of its key now" };
  }
  return { what, fromMs: Math.max(nowMs, parkedKey?.notBeforeMs ?? nowMs) };
}

/** Who does not work, and what changes that: what is gone comes back by a deploy, and by no switch. */
function offText({ relayOn, relayFault, requeuerOn, requeuerFault }: Components): string {
  const faults = [relayOn ? undefined : relayFault, requeuerOn ? undefined : requeuerFault];
  const gone = faults.flatMap((fault) => (fault === undefined ? [] : [`${fault.what}: ${fault.fix}`]));
  const off = [
    ...(relayOn || relayFault !== undefined ? [] : ["relay"]),
    ...(requeuerOn || requeuerFault !== undefined ? [] : ["requeuer"]),
  ];
  const [only] = off;
  if (only === undefined) return gone.join("; ");
  const [who, them] = off.length > 1 ? ["relay and requeuer are", "both"] : [`the ${only} is`, only];
  return [`${who} switched off; \`outbox-relay resume ${them} --yes\` changes it`, ...gone].join("; ");
}

function waitingFor({ type, sinceMs }: WaitingEvent, components: Components, nowMs: number): Outlook {
  const { relayOn, requeuerOn, minAgeMs } = components;
  const sweptFromMs = (sinceMs ?? nowMs) + minAgeMs;
  if (!requeuerOn) return { what: `the relay publishes it when the stream brings it; ${offText(components)}` };
  if (sweptFromMs > nowMs && relayOn) {
    return { what: "the relay publishes it when the stream brings it; else the requeuer", fromMs: sweptFromMs };
  }
  // No room for a mark leaves a malformed row waiting, although it has been looked at.
  if (type === undefined) return { what: LOOKS_WHETHER_REPAIRED, fromMs: Math.max(nowMs, sweptFromMs) };
  const off = relayOn ? "" : ` (${offText(components)})`;
  return {
    what: `the requeuer publishes it, once the target takes events${off}`,
    fromMs: Math.max(nowMs, sweptFromMs),
  };
}

const from = (fromMs: number | undefined) => (fromMs === undefined ? {} : { fromMs });
