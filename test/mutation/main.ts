import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { onClosedOutput } from "../../lib/local/closed-output.ts";
import { requireWritable } from "../../lib/local/unwritable.ts";
import { PAGE, writePage } from "../reliability/record.ts";
import { changedFiles } from "./changed-files.ts";
import { FOLDERS, type Folder, filesOf, folderOf } from "./folders.ts";
import { foundBefore, keepFound } from "./found.ts";
import { type Mutant, mutantsOf } from "./report.ts";
import { recordedScores, SCORES } from "./scores.ts";
import { type Asked, runMutants } from "./stryker.ts";
import { isPassed, isSame, judged, type Scores, type Survivor, type Verdict } from "./verdict.ts";

const USAGE = `Makes small mistakes in the code, and looks whether a test fails for each.

  npm run mutation                    all folders
  npm run mutation -- FOLDER ...      some of them: ${FOLDERS.map(({ folder }) => folder).join(", ")}
  npm run mutation -- FILE ...        some files of them
  npm run mutation -- --changed       the files that differ from the main branch, or from the commit before
  npm run mutation -- --again FILE    those of its mutants alone that survived the last run here, after tests were added
  npm run mutation -- --minutes N     ends after N minutes, and says which files it did not get to
  npm run mutation -- --record        writes scores.json and docs/reliability.md, and lists new survivors in survivors.json without a reason

Exit code: 0 when each folder keeps its score and each survivor has a reason, 1 otherwise, 2 for a wrong option.
`;
const ROOT = join(import.meta.dirname, "..", "..");
const SURVIVORS = join(import.meta.dirname, "survivors.json");
const NO_LIMIT_MINUTES = 600;
const MINUTE_MS = 60_000;

interface Part {
  readonly folder: Folder;
  readonly files: readonly string[];
}

async function main(): Promise<number> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new Error("Stopped by Ctrl-C.")));
  onClosedOutput([process.stdout, process.stderr], () => stop.abort(new Error("Nobody reads what it prints.")));
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      changed: { type: "boolean", default: false },
      again: { type: "boolean", default: false },
      minutes: { type: "string", default: String(NO_LIMIT_MINUTES) },
      record: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new RangeError(`--minutes is ${JSON.stringify(values.minutes)}: it must be above 0.`);
  if (values.record) requireWritable(SCORES, SURVIVORS, PAGE);
  const recorded = recordedScores();
  const parts = values.changed ? changedParts(recorded) : partsOf(positionals);
  const endMs = Date.now() + minutes * MINUTE_MS;

  const files: string[] = [];
  const mutants: Mutant[] = [];
  for (const part of parts) {
    console.log(`${part.folder.folder}: ${part.files.length} files`);
    const found = await mutantsIn(part, { endMs, signal: stop.signal, isAgain: values.again });
    if ("failed" in found) {
      if (Date.now() < endMs) throw new Error(found.failed);
      console.log(`  not judged after ${minutes} minutes: ${part.files.join(", ")}`);
      continue;
    }
    files.push(...part.files);
    mutants.push(...found);
  }
  const survivors: readonly Survivor[] = JSON.parse(readFileSync(SURVIVORS, "utf8"));
  const verdict = judged(files, mutants, survivors, recorded);
  show(verdict);
  if (values.record) record(verdict, survivors, recorded);
  return isPassed(verdict) ? 0 : 1;
}

interface RunOptions {
  /** Epoch milliseconds. */
  readonly endMs: number;
  readonly signal: AbortSignal;
  /** Whether those that were killed last time are left out. */
  readonly isAgain: boolean;
}

type RunResult = readonly Mutant[] | { readonly failed: string };

/** Runs the mutants against the quick tests, and those that survive against the slow ones. */
async function mutantsIn(
  { folder: { tests, slowTests }, files }: Part,
  { endMs, signal, isAgain }: RunOptions,
): Promise<RunResult> {
  const run = async (asked: Pick<Asked, "files" | "tests" | "leftOut">): Promise<RunResult> => {
    const limitMs = endMs - Date.now();
    const report = limitMs > 0 ? await runMutants({ ...asked, limitMs, signal }) : { failed: "no time is left" };
    return "failed" in report ? report : mutantsOf(report);
  };
  const survivorsOf = async (before: RunResult, asked: Pick<Asked, "tests" | "leftOut">): Promise<RunResult> => {
    if ("failed" in before) return before;
    const survivors = before.filter(({ fate }) => fate === "survived");
    if (survivors.length === 0 || asked.tests.length === 0) return before;
    const ranges = survivors.map(({ file, range }) => `${file}:${range}`);
    const now = await run({ files: [...new Set(ranges)], ...asked });
    return "failed" in now ? now : before.map((mutant) => now.find((each) => isKilled(each, mutant)) ?? mutant);
  };
  const quick = { tests, leftOut: slowTests };
  const first = isAgain ? await survivorsOf(foundBefore(ROOT, files), quick) : await run({ files, ...quick });
  const found = await survivorsOf(first, { tests: slowTests, leftOut: [] });
  if (!("failed" in found)) keepFound(ROOT, files, found);
  return found;
}

const isKilled = (again: Mutant, mutant: Mutant): boolean =>
  again.fate === "killed" && again.range === mutant.range && isSame(again, mutant);

/** Whole folders are looked at in one go, and some files of a folder one by one, so that a limit of time costs few. */
function partsOf(asked: readonly string[]): readonly Part[] {
  if (asked.length === 0) return FOLDERS.map((folder) => ({ folder, files: filesOf(folder) }));
  return asked.map((path) => {
    const whole = FOLDERS.find(({ folder }) => folder === path);
    const folder = whole ?? folderOf(path);
    if (folder === undefined || (whole === undefined && !filesOf(folder).includes(path)))
      throw new RangeError(`${JSON.stringify(path)} is not a folder or file whose mutants are judged: see --help.`);
    return { folder, files: whole === undefined ? [path] : filesOf(folder) };
  });
}

/** Files of folders without a record are left out: their survivors are not known. */
function changedParts(recorded: Scores): readonly Part[] {
  const changed = changedFiles(ROOT);
  if (changed === undefined) {
    console.log("This clone has no earlier commit to compare with, so no file is known to have changed.");
    return [];
  }
  const known = new Set(Object.keys(recorded).map((file) => folderOf(file)));
  const files = changed.filter((file) => {
    const folder = folderOf(file);
    return folder !== undefined && known.has(folder) && filesOf(folder).includes(file);
  });
  if (files.length === 0) console.log("No file whose mutants are judged has changed.");
  return partsOf(files.length === 0 ? [] : files).filter(() => files.length > 0);
}

function show({ folders, unexplained, stale, scores }: Verdict): void {
  for (const [file, { killed, survived }] of Object.entries(scores))
    if (survived > 0) console.log(`  ${file}: ${survived} of ${killed + survived} survive`);
  for (const { file, line, was, becomes } of unexplained)
    console.log(`\nNo test fails, and survivors.json has no reason: ${file}:${line}\n  - ${was}\n  + ${becomes}`);
  for (const { file, was, becomes } of stale)
    console.log(`\nsurvivors.json lists what does not survive: ${file}\n  - ${was}\n  + ${becomes}`);
  for (const { folder, score, floor, mutants } of folders)
    console.log(
      `\n${folder}: ${score.toFixed(1)} % of ${mutants} mutants are killed; recorded are ${floor.toFixed(1)} %`,
    );
}

function record({ scores, unexplained, stale }: Verdict, survivors: readonly Survivor[], recorded: Scores): void {
  const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]) => (one < other ? -1 : 1);
  const all = Object.entries({ ...recorded, ...scores }).filter(([file]) => folderOf(file) !== undefined);
  write(SCORES, Object.fromEntries(all.sort(byName)));
  const added = unexplained
    .filter((mutant) => !survivors.some((each) => isSame(each, mutant)))
    .map(({ file, was, becomes }): Survivor => ({ file, was, becomes, reason: "" }));
  const kept = [...survivors.filter((each) => !stale.includes(each)), ...added];
  write(
    SURVIVORS,
    kept.sort((one, other) => byName([one.file, 0], [other.file, 0])),
  );
  writePage();
}

const write = (path: string, value: unknown): void => writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
