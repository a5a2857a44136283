import { join } from "node:path";
import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";
import { endWithReader } from "../../lib/local/closed-output.ts";
import { beginRecording, commandLine } from "../reliability/record.ts";
import { patched } from "../simulation/mutants/patched-bundle.ts";
import type { UnitMutant } from "./unit-mutant.ts";
import { UNIT_MUTANTS } from "./unit-mutants.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Whether the mutant's test file fails with the change in the code. Nothing on disk is changed. */
async function isCaught({ patches, test }: UnitMutant | Pick<UnitMutant, "test" | "patches">): Promise<boolean> {
  const vitest = await startVitest(
    "test",
    [test],
    { config: false, root: ROOT, watch: false, reporters: [{}], include: [test], testTimeout: 30_000 },
    {
      plugins: [
        {
          name: "patches",
          enforce: "pre",
          transform: (source: string, id: string) =>
            patches.filter(({ file }) => id === join(ROOT, file)).reduce(patched, source),
        },
      ],
    },
  );
  const failed = vitest.state.getCountOfFailedTests();
  const run = vitest.state.getFiles().length;
  await vitest.close();
  if (run === 0) throw new Error(`${test} has no tests`);
  return failed > 0;
}

/**
 * Runs the wrong variants that unit tests find, each with the test file that must fail:
 * `npm run unit:mutants -- "part of a name"`. With `--record`, what was counted goes into docs/reliability.json and its page.
 */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { record: { type: "boolean", default: false } },
  });
  const [wanted = ""] = positionals;
  const chosen = UNIT_MUTANTS.filter(({ name }) => name.includes(wanted));
  if (chosen.length === 0) throw new RangeError(`No wrong variant has ${JSON.stringify(wanted)} in its name.`);
  if (values.record && wanted !== "") throw new RangeError("--record records all wrong variants: leave the name out.");
  const recording = values.record ? beginRecording("wrong variants, unit tests") : undefined;
  let survivors = 0;
  for (const test of new Set(chosen.map((mutant) => mutant.test))) {
    if (await isCaught({ test, patches: [] })) throw new Error(`${test} fails on the right code, which proves nothing`);
  }
  for (const mutant of chosen) {
    const caught = await isCaught(mutant);
    if (!caught) survivors += 1;
    console.log(`${caught ? "caught    " : "NOT CAUGHT"}  ${mutant.test.padEnd(44)}  ${mutant.name}`);
  }
  console.log(`\n${chosen.length - survivors} of ${chosen.length} wrong variants caught`);
  recording?.end({
    command: commandLine("unit:mutants", process.argv.slice(2)),
    passed: survivors === 0,
    figures: { "wrong variants caught": chosen.length - survivors, "not caught": survivors },
  });
  return survivors === 0 ? 0 : 1;
}

endWithReader();
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
