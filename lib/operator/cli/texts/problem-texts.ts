import type { Problem, SeenFailure } from "../../core/health.ts";
import { type Advice, faultLine } from "./fault-texts.ts";
import { switchText } from "./switch-texts.ts";

const MINUTE_MS = 60_000;

/** What to do about a malformed row, wherever one is shown. Only its writer knows what the row should have said. */
export const FIX_OF_MALFORMED =
  "repair its writer, discard the row (the journal keeps it), and have the event written again";

/** A problem of `status` as it is shown, and as `--json` has it. */
export function problemText(problem: Problem): Advice {
  switch (problem.kind) {
    case "fault":
      return faultLine(problem.fault);
    case "switched-off":
      return {
        what: `The ${problem.part} is switched off (${switchText(problem.part, problem.state)})`,
        fix: `outbox-relay resume ${problem.part} --yes`,
      };
    case "no-run":
      return {
        what: `The requeuer has not completed a run in ${problem.windowMs / MINUTE_MS} minutes`,
        fix: "outbox-relay doctor; where it was deployed or resumed just now, wait for its next run",
      };
    case "foreign-rows-late":
      return {
        what: "Rows of other types than this relay's wait in its table for longer than they should: their relay does not deliver, or they have none",
        fix: "outbox-relay list --foreign, and status of the relay that has their type; where none has it, give it to one in eventTypes",
      };
    case "relay-died":
      return {
        what: `The relay crashed or timed out ${problem.times} times of late`,
        fix: "outbox-relay doctor",
      };
    case "target-fails":
      return targetText(problem.failure);
    case "malformed-rows":
      return {
        what: problem.rows === 1 ? "1 row breaks the item contract" : `${problem.rows} rows break the item contract`,
        fix: `outbox-relay list --failure MalformedRow; ${FIX_OF_MALFORMED}`,
      };
    case "refused-events":
      return {
        what:
          problem.events === 1 ? "1 event fails by its own fault" : `${problem.events} events fail by their own fault`,
        fix: "outbox-relay list --scope event, and outbox-relay show <id> for one of them",
      };
    case "late":
      return {
        what: "Events wait for longer than they should",
        fix: "outbox-relay list, and outbox-relay show <id> for one of them",
      };
  }
}

function targetText({ class: failureClass, code = "", message, undecidedId }: SeenFailure): Advice {
  if (undecidedId !== undefined) {
    return {
      what: `Event ${undecidedId} fails alone, and too few others were there to tell whether it or the target is to blame: ${code}: ${message}`,
      fix: `outbox-relay show ${undecidedId}, and look at the target; the next event that it takes or fails decides`,
    };
  }
  return {
    what: `The target fails: ${code}: ${message}`,
    fix:
      failureClass === "throttled"
        ? "raise the target's quota"
        : "repair the target; the requeuer then drains by itself",
  };
}
