import type { FunctionRole } from "../../../contract/deployment/function-role.ts";
import type { SwitchState, TurnOutcome } from "../../core/switches.ts";
import { faultText } from "./fault-texts.ts";

const SWITCHES: Readonly<Record<FunctionRole, string>> = { relay: "event source mapping", requeuer: "schedule" };

/** How a part is switched, with the state that AWS names. */
export function switchText(part: FunctionRole, state: SwitchState): string {
  if (state.fault !== undefined) return faultText(state.fault).what;
  const throttled = state.isThrottled ? ", and its function is throttled: reserved concurrency 0" : "";
  return `${SWITCHES[part]} ${state.awsState}${throttled}`;
}

/** What came of switching one part, for the journal and the screen. */
export function turnText(outcome: TurnOutcome, on: boolean): string {
  const { kind, part } = outcome;
  switch (kind) {
    case "turned":
      return `${part} switched ${on ? "on" : "off"}`;
    case "as-it-was":
      return `${part} was already ${on ? "on" : "off"}`;
    case "gone":
      return `${part} not switched: ${faultText(outcome.fault).what}`;
  }
}
