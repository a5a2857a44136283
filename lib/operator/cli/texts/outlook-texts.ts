import type { Off, Outlook } from "../../core/events/outlook.ts";
import { faultText } from "./fault-texts.ts";
import { FIX_OF_MALFORMED } from "./problem-texts.ts";

/** What comes next for an event, in words. */
export function outlookText(outlook: Outlook): string {
  switch (outlook.kind) {
    case "nobody-works":
      return `nothing: ${offText(outlook.off)}`;
    case "held":
      return `nothing until the command ${outlook.actId} is through with it`;
    case "head-of-key":
      return "the requeuer tries it again, and then what waits behind it";
    case "behind-head":
      return "it follows when the first event of its key is delivered; the requeuer tries that";
    case "place-taken":
      return "nothing, until the row at sort key 0 of its key is set aside";
    case "key-draining":
      return "the requeuer is delivering the events of its key now";
    case "no-place":
      return `nothing: its sort key is not a place in a sequence and cannot be changed; ${FIX_OF_MALFORMED} at one`;
    case "checked-for-repair":
      return `the requeuer looks whether its row has been repaired; ${FIX_OF_MALFORMED}`;
    case "tried-again":
      return outlook.failsAgain
        ? "the requeuer tries it again, which fails until the event or the target is changed (or `outbox-relay quarantine` sets it aside)"
        : "the requeuer tries it again";
    case "relay-alone":
      return `the relay publishes it when the stream brings it; ${offText(outlook.off)}`;
    case "relay-or-requeuer":
      return "the relay publishes it when the stream brings it; else the requeuer";
    case "requeuer":
      return `the requeuer publishes it, once the target takes events${outlook.off === undefined ? "" : ` (${offText(outlook.off)})`}`;
  }
}

/** Who does not work, and what changes that: what is gone comes back by a deploy, and by no switch. */
function offText({ switchedOff, faults }: Off): string {
  const gone = faults.map(faultText).map(({ what, fix }) => `${what}: ${fix}`);
  const [only] = switchedOff;
  if (only === undefined) return gone.join("; ");
  const [who, them] = switchedOff.length > 1 ? ["relay and requeuer are", "both"] : [`the ${only} is`, only];
  return [`${who} switched off; \`outbox-relay resume ${them} --yes\` changes it`, ...gone].join("; ");
}
