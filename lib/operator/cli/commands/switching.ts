import { FUNCTION_ROLES, type FunctionRole } from "../../../contract/deployment/function-role.ts";
import { awsSwitches } from "../../aws/aws-switches.ts";
import { recorded } from "../../core/act.ts";
import { type PauseEnd, type SwitchState, safeUntil, type TurnOutcome, turn, untilIdle } from "../../core/switches.ts";
import { EXIT } from "../exit-code.ts";
import type { Session } from "../session.ts";
import { faultMessage, faultText } from "../texts/fault-texts.ts";
import { switchText, turnText } from "../texts/switch-texts.ts";
import { clockTime } from "../times.ts";
import { newAct } from "./new-act.ts";

export interface SwitchOptions {
  readonly parts: readonly FunctionRole[];
  readonly why?: string | undefined;
  readonly yes: boolean;
}

export const readParts = (given: string): readonly FunctionRole[] =>
  given === "both" ? FUNCTION_ROLES : FUNCTION_ROLES.filter((part) => part === given);

/** Switches relay, requeuer or both off or on. It concerns every event, so it must be meant. */
export async function switchParts(session: Session, on: boolean, { parts, why, yes }: SwitchOptions): Promise<number> {
  const { output, clients, deployment } = session;
  const ports = { ...session, switches: awsSwitches(clients, deployment), minParkedMs: deployment.minParkedMs };
  const name = on ? "resume" : "pause";
  if (!yes) {
    output.document({ dryRun: true, parts });
    for (const part of parts) output.line(`${part}: ${switchText(part, await ports.switches[part].state())}`);
    output.line(`Would ${name} ${parts.join(" and ")}. Nothing was changed: --yes does it.`);
    return EXIT.dryRun;
  }
  const act = newAct(session, { name, what: parts.join(" and "), why, events: 0 });
  let pause: PauseEnd = "idle";
  const outcomes: TurnOutcome[] = [];
  // Nobody starts a part that is gone, and nobody can switch it on again meanwhile.
  const there = () => outcomes.flatMap(({ kind, part }) => (kind === "gone" ? [] : [part]));
  const work = async () => {
    await turn(parts, on, ports, (outcome) => outcomes.push(outcome));
    if (on || there().length === 0) return;
    output.progress("waiting until nobody has work in hand");
    pause = await untilIdle(there(), ports);
  };
  const words = () => outcomes.map((outcome) => turnText(outcome, on));
  const end = await recorded(act, session, work, () => Object.fromEntries(words().map((each) => [each, 1])));
  const safeUntilMs = on ? undefined : safeUntil(there(), act.atMs);
  const idle = pause === "idle";
  output.document({ act: act.id, tally: end.tally, idle, ...(safeUntilMs === undefined ? {} : { safeUntilMs }) });
  for (const each of words()) output.line(each);
  const faults = outcomes.flatMap((outcome) => (outcome.kind === "gone" ? [outcome.fault] : []));
  for (const fault of faults) output.warn(faultMessage(fault));
  if (!on && there().length > 0) {
    const requeuer = await ports.switches.requeuer.state();
    tellPause(session, { parts: there(), end: pause, safeUntilMs, requeuer });
  }
  if (faults.length > 0) return EXIT.failed;
  return idle ? EXIT.ok : EXIT.partly;
}

const PAUSE_ENDS: Readonly<Record<PauseEnd, string>> = {
  idle: "Nobody has work in hand any more.",
  "on-again": "Somebody else has switched it on again meanwhile: outbox-relay journal tells who.",
  stopped: "Stopped before everybody was through; what was switched off stays off.",
};

interface Pause {
  readonly parts: readonly FunctionRole[];
  readonly end: PauseEnd;
  readonly safeUntilMs: number | undefined;
  readonly requeuer: SwitchState;
}

/** What becomes of an event that the stream drops before the relay is on again. */
function afterTheStream({ on, fault }: SwitchState): string {
  if (on) return "what it drops later the requeuer delivers";
  if (fault === undefined) return "what it drops later waits in the table until the requeuer is on again";
  const { what, fix } = faultText(fault);
  return `what it drops later waits in the table, and nobody delivers it: ${what}. Do: ${fix}`;
}

function tellPause({ output }: Session, { parts, end, safeUntilMs, requeuer }: Pause): void {
  output.line(PAUSE_ENDS[end]);
  if (end === "on-again") return;
  if (safeUntilMs !== undefined) {
    output.line(
      `Nothing is lost. Until ${clockTime(safeUntilMs)} the stream keeps everything for the relay; ${afterTheStream(requeuer)}.`,
    );
  } else {
    output.line("Nothing is lost, however long it lasts: parked events wait in the table.");
  }
  output.line(`outbox-relay resume ${parts.length === 2 ? "both" : parts[0]} --yes goes on.`);
}
