import { machineText, type Result } from "./result.ts";
import { cellsOf, HEADINGS } from "./table.ts";

const BEGIN = "<!-- measured: begin (npm run bench -- --write) -->";
const END = "<!-- measured: end -->";

/**
 * Puts a result's table between the markers of a page.
 *
 * @throws Error if the page has no markers.
 */
export function pageWith(page: string, result: Result): string {
  const [before, rest] = page.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) {
    throw new Error(`The page has no place for the table: it needs the lines "${BEGIN}" and "${END}"`);
  }
  return `${before}${BEGIN}\n${measuredPart(result)}\n${END}${after}`;
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

const tableLine = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
