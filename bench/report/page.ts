import { tableLine, withMarkedPart } from "../../dev/pages/marked-part.ts";
import { machineText, type Result } from "./result.ts";
import { cellsOf, HEADINGS } from "./table.ts";

const MARKS = { begin: "<!-- measured: begin (npm run bench -- --write) -->\n", end: "<!-- measured: end -->" };

/**
 * Puts a result's table between the markers of a page.
 *
 * @throws Error if the page has no markers.
 */
export function pageWith(page: string, result: Result): string {
  return withMarkedPart(page, MARKS, `${measuredPart(result)}\n`);
}

function measuredPart(result: Result): string {
  return [
    "",
    `\`${result.command}\`: ${machineText(result)}. Medians, with the least and the most in brackets.`,
    "",
    ...result.workloads.flatMap(({ name, about, rows }) => [
      `### ${name}`,
      "",
      about,
      "",
      tableLine(HEADINGS),
      tableLine(HEADINGS.map(() => "---")),
      ...rows.map((row) => tableLine(cellsOf(row))),
      "",
      ...rows.flatMap((row) => (row.note === undefined ? [] : [`- ${row.name}: ${row.note}`])),
      ...(rows.some(({ note }) => note !== undefined) ? [""] : []),
    ]),
  ].join("\n");
}
