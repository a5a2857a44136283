import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, stripVTControlCharacters } from "node:util";
import { outliveReader } from "../../lib/local/closed-output.ts";
import { type ProgramContext, runProgram } from "../../lib/local/program.ts";
import { PROJECT_ROOT } from "../../lib/local/run-folder.ts";
import { runSuites, type SuiteEnd } from "./run-suites.ts";
import { type Group, LONG, QUICK, recording } from "./suites.ts";

const USAGE = `Runs the suites of tests, several at once.

  npm test                       those of every change
  npm run test:all               all of them
  npm run test:all -- --long     those that npm test leaves out
  npm run test:all -- --record   all of them, counted in docs/reliability.json and its page

The last lines have each suite with its tests and seconds. Exit code: 0 when all passed, 1 otherwise, 2 for a wrong option.
CONTRIBUTING.md says what each suite proves, and how to run it alone.
`;
/** How often a line says where the suites are. */
const PROGRESS_EVERY_MS = 30_000;
const SHOWN_LINES = 12;

/** The stages that the options ask for, one after the other; undefined where they ask for help. */
function stagesOf(args: readonly string[]): readonly (readonly Group[])[] | undefined {
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({ args: [...args], options: { all: flag, long: flag, record: flag, help: flag } });
  if (values.help) return undefined;
  const stages = values.long ? [LONG] : values.all ? [QUICK, LONG] : [QUICK];
  return values.record ? stages.map(recording) : stages;
}

async function runStages(stages: readonly (readonly Group[])[], { environment, signal }: ProgramContext) {
  const logs = mkdtempSync(join(tmpdir(), "outbox-relay-tests-"));
  const running = new Map<string, Running>();
  const progress = setInterval(() => tellProgress(running), PROGRESS_EVERY_MS);
  const beginMs = performance.now();
  const ends: SuiteEnd[] = [];
  try {
    for (const groups of stages) {
      const stage = await runSuites(groups, {
        ...{ folder: PROJECT_ROOT, environment: plain(environment), logs, signal },
        onBegin: (name, log) => {
          running.set(name, { log, beginMs: performance.now() });
          console.log(`=== ${name}: begins`);
        },
        onEnd: (end) => {
          running.delete(end.name);
          tellEnd(end);
        },
      });
      ends.push(...stage);
    }
  } finally {
    clearInterval(progress);
    rmSync(logs, { recursive: true, force: true });
  }
  return summary(ends, performance.now() - beginMs);
}

/** Without colours, and without an emulator that somebody else started. */
function plain({ AWS_ENDPOINT_URL: _emulator, ...inherited }: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const set = { NO_COLOR: "1", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
  return { ...(inherited as Record<string, string>), ...set };
}

interface Running {
  readonly log: string;
  readonly beginMs: number;
}

const linesOf = (output: string) =>
  stripVTControlCharacters(output)
    .split("\n")
    .filter((line) => line.trim() !== "");

function tellProgress(running: ReadonlyMap<string, Running>): void {
  for (const [name, { log, beginMs }] of running) {
    const last = linesOf(readFileSync(log, "utf8")).at(-1)?.trim() ?? "";
    console.log(`    ${name}, ${Math.round((performance.now() - beginMs) / 1_000)} s: ${last.slice(0, 120)}`);
  }
}

/** Of a suite that failed everything is shown at the end, where it is looked for. */
function tellEnd({ name, isOk, seconds, output }: SuiteEnd): void {
  console.log(`\n=== ${name}: ${isOk ? "ok" : "FAILED"} in ${seconds} s`);
  console.log(linesOf(output).slice(-SHOWN_LINES).join("\n"));
}

function summary(ends: readonly SuiteEnd[], tookMs: number): number {
  const failing = ends.filter(({ isOk }) => !isOk);
  for (const { name, output } of failing) console.log(`\n=== ${name} FAILED, and printed:\n${output}`);
  console.log("\npassed  failed  seconds  suite");
  for (const { name, ...numbers } of ends) {
    const { passed, failed, seconds } = numbers;
    const column = (value: number, width: number) => String(value).padStart(width);
    console.log(`${column(passed, 6)}${column(failed, 8)}${column(seconds, 9)}  ${name}`);
  }
  const sum = (key: "passed" | "failed") => ends.reduce((all, end) => all + end[key], 0);
  console.log(`All of it took ${Math.round(tookMs / 60_000)} minutes.`);
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
  return failing.length === 0 ? 0 : 1;
}

outliveReader();
try {
  const stages = stagesOf(process.argv.slice(2));
  if (stages === undefined) console.log(USAGE);
  else process.exitCode = await runProgram((context) => runStages(stages, context));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error} (--help shows what there is)`);
  process.exitCode = 2;
}
