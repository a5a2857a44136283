import { checkDeployment, type Finding } from "../../adapters/operate/checks.ts";
import { EXIT } from "../exit-code.ts";
import type { Session } from "../session.ts";

/** Looks at everything that is deployed. Each finding comes with its fix. */
export async function doctor(session: Session): Promise<number> {
  const { output } = session;
  const findings = await checkDeployment(session);
  const wrong = findings.filter(({ state }) => state === "wrong");
  output.document({ healthy: wrong.length === 0, findings });
  for (const finding of findings) output.line(lineOf(session, finding));
  output.line();
  const unknown = findings.filter(({ state }) => state === "unknown").length;
  output.line(
    wrong.length === 0
      ? `${findings.length - unknown} checks found nothing wrong${unknown === 0 ? "" : `; ${unknown} could not be made`}`
      : `${wrong.length} of ${findings.length} checks found something wrong`,
  );
  return wrong.length === 0 ? EXIT.ok : EXIT.failed;
}

function lineOf({ output: { paint } }: Session, { check, state, what, fix }: Finding): string {
  const mark = { fine: paint.green("ok     "), wrong: paint.red("WRONG  "), unknown: paint.yellow("unknown") }[state];
  return `${mark}  ${check}: ${what}${fix === undefined ? "" : `\n         ${paint.dim("do:")} ${fix}`}`;
}
