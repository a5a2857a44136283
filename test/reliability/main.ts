import { readFileSync } from "node:fs";
import { join } from "node:path";
import { outliveReader } from "../../lib/local/closed-output.ts";
import { beginRecording } from "./record.ts";
import { SUITE_NAMES, type SuiteName } from "./run.ts";
import { countedIn, runVitest, vitestArguments } from "./vitest-run.ts";

const USAGE = `Runs suites of tests, and writes what they counted into docs/reliability.json and its page.

  npm run record -- test:unit test:e2e    scripts of package.json that run vitest

The other suites have an option of their own: npm run sim -- --record, and so on.
`;

async function main(names: readonly string[]): Promise<number> {
  if (names.length === 0 || names.includes("--help")) {
    console.log(USAGE);
    return names.length === 0 ? 2 : 0;
  }
  let failed = 0;
  for (const { name, args } of names.map(suiteNamed)) {
    const recording = beginRecording(name);
    const counted = countedIn(await runVitest(args));
    recording.end({ command: `npm run ${name}`, ...counted });
    if (!counted.passed) failed += 1;
  }
  return failed === 0 ? 0 : 1;
}

function suiteNamed(asked: string): { readonly name: SuiteName; readonly args: readonly string[] } {
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8"));
  const name = SUITE_NAMES.find((each) => each === asked);
  const args = vitestArguments(scripts[asked]);
  if (name !== undefined && args !== undefined) return { name, args };
  const known = SUITE_NAMES.filter((each) => vitestArguments(scripts[each]) !== undefined);
  throw new RangeError(`${JSON.stringify(asked)} is no suite of tests: it must be one of ${known.join(", ")}.`);
}

outliveReader();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
