import { tableLine, withMarkedPart } from "../../dev/pages/marked-part.ts";
import { type Figures, type Run, type Runs, SUITE_NAMES, SUITES, type SuiteName } from "./run.ts";

const MARKS = {
  begin: "<!-- The last runs: --record writes them, and npm run docs:pages. -->\n",
  end: "<!-- The last runs end. -->",
};

const HEADINGS = ["suite", "command", "counted", "result", "began (UTC)", "took", "commit", "on"] as const;

/** @throws Error when the page lacks the marks. */
export const pageWith = (page: string, runs: Runs): string => withMarkedPart(page, MARKS, `${lastRuns(runs)}\n`);

function lastRuns(runs: Runs): string {
  const recorded = SUITE_NAMES.flatMap((suite) => {
    const run = runs[suite];
    return run === undefined ? [] : [[suite, run] as const];
  });
  return [
    "",
    tableLine(HEADINGS),
    tableLine(HEADINGS.map(() => "---")),
    ...SUITE_NAMES.map((suite) => tableLine(cellsOf(suite, runs[suite]))),
    "",
    ...recorded.flatMap(([suite, { details }]) => detailsOf(suite, details)),
  ].join("\n");
}

function cellsOf(suite: SuiteName, run: Run | undefined): readonly string[] {
  if (run === undefined) return [suite, `\`${SUITES[suite]}\``, "", "not recorded yet", "", "", "", ""];
  return [
    suite,
    `\`${run.command}\``,
    figuresText(run.figures),
    run.passed ? "passed" : "**failed**",
    run.began.slice(0, "2026-01-31T12:00".length).replace("T", " "),
    lengthText(run.seconds),
    run.changed ? `${run.commit} and changes` : run.commit,
    `Node.js ${run.node.replace(/^v/, "")}, ${run.cores} cores`,
  ];
}

function detailsOf(suite: SuiteName, details: Run["details"]): readonly string[] {
  const entries = Object.entries(details);
  if (entries.length === 0) return [];
  return [
    `### ${suite}: what was met`,
    "",
    ...entries.map(([title, figures]) => `- ${title}: ${countsText(figures) || "none"}`),
    "",
  ];
}

const figuresText = (figures: Figures): string =>
  Object.entries(figures)
    .map(([name, value]) => `${numberText(value)} ${name}`)
    .join(", ");

const countsText = (counts: Figures): string =>
  Object.entries(counts)
    .map(([name, value]) => `${name} ${numberText(value)}`)
    .join(", ");

const numberText = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 2 });

function lengthText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return `${Math.round(seconds / 60)} min`;
}
