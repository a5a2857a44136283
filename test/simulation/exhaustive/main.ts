import { parseArgs } from "node:util";
import { endWithReader } from "../../../lib/local/closed-output.ts";
import { beginRecording, commandLine, type Recording } from "../../reliability/record.ts";
import { MUTANTS } from "../mutants/all.ts";
import type { Mutant } from "../mutants/mutant.ts";
import type { Path } from "./choices.ts";
import type { Exploration, FoundViolation } from "./exhaustive.ts";
import { LARGER_WORLDS, SMALL_WORLDS, type SmallWorld } from "./small-worlds.ts";
import { type Explorer, withExplorer } from "./threads.ts";

const USAGE = `Explores small worlds completely: every interleaving of the real code, and every choice of faults.

  npm run sim:exhaustive                                    all worlds but the larger ones
  npm run sim:exhaustive -- --all                           all worlds
  npm run sim:exhaustive -- --world "name"                  one world, or several: the option can be repeated
  npm run sim:exhaustive -- --world "name" --path 0,1,0     one run through a world, with all that happens in it
  npm run sim:exhaustive -- --mutant "name"                 any of these, of a wrong variant of the protocol
  npm run sim:exhaustive -- --list                          the worlds' names
  npm run sim:exhaustive -- --all --record                  all worlds, counted in docs/reliability.json and its page
`;

const SHOW_EVERY_MS = 2_000;
const EVERY_WORLD = [...LARGER_WORLDS, ...SMALL_WORLDS];

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      world: { type: "string", multiple: true },
      path: { type: "string" },
      mutant: { type: "string" },
      all: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const worlds = values.world?.map(worldNamed) ?? (values.all ? EVERY_WORLD : SMALL_WORLDS);
  if (values.list) {
    for (const { name } of EVERY_WORLD) console.log(name);
    return 0;
  }
  if (values.record && (!values.all || (values.world ?? values.mutant ?? values.path) !== undefined)) {
    throw new RangeError("--record records all worlds: give --all, and leave out --world, --mutant and --path.");
  }
  const recording = values.record ? beginRecording("small worlds") : undefined;
  const patches = values.mutant === undefined ? [] : mutantNamed(values.mutant).patches;
  if (values.path === undefined) return withExplorer(patches, (explorer) => exploreAll(worlds, explorer, recording));
  const [world, ...others] = values.world?.map(worldNamed) ?? [];
  if (world === undefined || others.length > 0)
    throw new RangeError("--path is a path through one world: name it with --world");
  const path = pathOf(values.path);
  return withExplorer(patches, (explorer) => showPath(world, path, explorer));
}

function worldNamed(name: string): SmallWorld {
  const world = EVERY_WORLD.find((each) => each.name === name);
  if (world !== undefined) return world;
  throw new RangeError(`--world is ${JSON.stringify(name)}: it must be one of the names that --list shows.`);
}

function mutantNamed(name: string): Mutant {
  const mutant = MUTANTS.find((each) => each.name === name);
  if (mutant !== undefined) return mutant;
  throw new RangeError(`--mutant is ${JSON.stringify(name)}: it must be a name that npm run sim:mutants shows.`);
}

function pathOf(text: string): Path {
  const path = text === "" ? [] : text.split(",").map(Number);
  if (path.every((choice) => Number.isSafeInteger(choice) && choice >= 0)) return path;
  throw new RangeError(`--path is ${JSON.stringify(text)}: it must be whole numbers with commas between them.`);
}

async function exploreAll(
  worlds: readonly SmallWorld[],
  explorer: Explorer,
  recording: Recording | undefined,
): Promise<number> {
  const startMs = performance.now();
  const soFar = new Map<string, Exploration>();
  const total = () => [...soFar.values()].reduce((sum, { states }) => sum + states, 0);
  const seconds = (sinceMs: number) => ((performance.now() - sinceMs) / 1_000).toFixed(1);
  let finished = 0;
  let failed = 0;
  const ticker = setInterval(() => {
    const open = [...soFar].filter(([, { complete }]) => !complete).map(([name, { states }]) => `${name}: ${states}`);
    console.log(
      `  ... ${total()} states, ${finished} of ${worlds.length} worlds, ${seconds(startMs)} s | ${open.join(" | ")}`,
    );
  }, SHOW_EVERY_MS);
  console.log(
    `${"states".padStart(9)} ${"ends".padStart(7)} ${"runs".padStart(9)} ${"seconds".padStart(8)}           world`,
  );
  await Promise.all(
    worlds.map(async (world) => {
      const { exploration } = await explorer.explore(world, {}, (part) => {
        soFar.set(world.name, part);
      });
      soFar.set(world.name, exploration);
      finished += 1;
      if (exploration.violations.length > 0) failed += 1;
      showWorld(world, exploration);
    }),
  );
  clearInterval(ticker);
  const verdict = failed === 0 ? "no violation" : `violations in ${failed} worlds`;
  const complete = [...soFar.values()].filter((exploration) => exploration.complete).length;
  console.log(
    `\n${total()} distinct states in ${seconds(startMs)} s, ${complete} of ${worlds.length} worlds complete: ${verdict}`,
  );
  const passed = failed === 0 && complete === worlds.length;
  const sum = (of: (exploration: Exploration) => number) =>
    [...soFar.values()].reduce((all, each) => all + of(each), 0);
  recording?.end({
    command: commandLine("sim:exhaustive", process.argv.slice(2)),
    passed,
    figures: {
      worlds: worlds.length,
      "of them searched completely": complete,
      "with a violation": failed,
      "distinct states": total(),
      "runs through them": sum(({ runs }) => runs),
      ends: sum(({ ends }) => ends),
    },
  });
  return passed ? 0 : 1;
}

function showWorld({ name }: SmallWorld, { states, ends, runs, seconds, complete, violations }: Exploration): void {
  console.log(
    [
      String(states).padStart(9),
      String(ends).padStart(7),
      String(runs).padStart(9),
      seconds.toFixed(1).padStart(8),
      complete ? " complete" : "NOT COMPLETE",
      ` ${name}`,
    ].join(" "),
  );
  for (const violation of violations) showViolation(name, violation);
}

function showViolation(name: string, { path, violations }: FoundViolation): void {
  for (const violation of violations) console.log(`          ${violation}`);
  console.log(`          replay: npm run sim:exhaustive -- --world "${name}" --path ${path.join(",")}`);
}

async function showPath(world: SmallWorld, path: Path, explorer: Explorer): Promise<number> {
  const { trace, end } = await explorer.replay(world, path);
  for (const line of trace) console.log(line);
  console.log("");
  for (const violation of end.violations) console.log(violation);
  console.log(end.violations.length === 0 ? "No violation." : `${end.violations.length} violations.`);
  return end.violations.length === 0 ? 0 : 1;
}

endWithReader();
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
