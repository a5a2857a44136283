import { checkDeployment } from "../../aws/doctor/check-deployment.ts";
import type { Finding } from "../../aws/doctor/finding.ts";
import type { FindingState } from "../../aws/doctor/finding-state.ts";
import { EXIT } from "../exit-code.ts";
import { findingDocument } from "../findings/finding-texts.ts";
import type { Paint } from "../output.ts";
import type { Session } from "../session.ts";

/** Checks everything that is deployed. Each finding comes with its fix. */
export async function doctor(session: Session): Promise<number> {
  const { output } = session;
  const findings = await checkDeployment(session);
  const count = (state: FindingState) => findings.filter((finding) => finding.state === state).length;
  const wrong = count("wrong");
  output.document({ healthy: wrong === 0, findings: findings.map(findingDocument) });
  for (const finding of findings) output.line(lineOf(output.paint, finding));
  output.line();
  const open = count("unknown") + count("out of sight");
  const beside = open === 0 ? "" : `; ${open} could not be answered from here`;
  output.line(
    wrong === 0
      ? `${count("fine")} of ${findings.length} checks are fine, and none found something wrong${beside}`
      : `${wrong} of ${findings.length} checks found something wrong${beside}`,
  );
  return wrong === 0 ? EXIT.ok : EXIT.failed;
}

const MARKS: Readonly<Record<FindingState, readonly [text: string, colour: keyof Paint]>> = {
  fine: ["ok", "green"],
  wrong: ["WRONG", "red"],
  unknown: ["unknown", "yellow"],
  "out of sight": ["uncheckable", "yellow"],
};
const MARK_WIDTH = 7;

function lineOf(paint: Paint, finding: Finding): string {
  const { check, state, what, fix } = findingDocument(finding);
  const [text, colour] = MARKS[state];
  const mark = paint[colour](text.padEnd(MARK_WIDTH));
  return `${mark}  ${check}: ${what}${fix === undefined ? "" : `\n         ${paint.dim("do:")} ${fix}`}`;
}
