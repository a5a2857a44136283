import { tableLine, withMarkedPart } from "../../dev/pages/marked-part.ts";
import { FOLDERS } from "../mutation/folders.ts";
import { type Scores, scoreOf } from "../mutation/verdict.ts";
import { type Figures, type Run, type Runs, SUITE_NAMES, SUITES, type SuiteName } from "./run.ts";

const MARKS = {
  begin: "<!-- The last runs: --record writes them, and npm run docs:pages. -->\n",
  end: "<!-- The last runs end. -->",
};

const HEADINGS = ["suite", "command", "counted", "result", "began (UTC)", "took", "commit", "on"] as const;

/** @throws Error when the page lacks the marks. */
export const pageWith = (page: string, runs: Runs, scores: Scores): string =>
  withMarkedPart(page, MARKS, [...lastRuns(runs), ...smallMistakes(scores), ""].join("\n"));

function lastRuns(runs: Runs): readonly string[] {
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
  ];
}

function smallMistakes(scores: Scores): readonly string[] {
  const folders = FOLDERS.map(({ folder }) => ({ folder, ...scoreOf(scores, folder) }));
  const sum = (key: "killed" | "mutants") => folders.reduce((all, each) => all + each[key], 0);
  return [
    "### small mistakes: how many a test fails for",
    "",
    `Of ${numberText(sum("mutants"))} mutants, the tests of their own rooms kill ${numberText(sum("killed"))} (\`npm run mutation\`).`,
    "",
    tableLine(["folder", "mutants", "killed", "percent"]),
    tableLine(["---", "---", "---", "---"]),
    ...folders.map(({ folder, mutants, killed, score }) =>
      tableLine([folder, ...(mutants === 0 ? ["not recorded yet", "", ""] : [mutants, killed, score].map(numberText))]),
    ),
    "",
  ];
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
