import { parseArgs } from "node:util";
import { endWithReader } from "../../../lib/local/closed-output.ts";
import { beginRecording, commandLine } from "../../reliability/record.ts";
import { campaign } from "../campaign.ts";
import { wholeNumber } from "../options.ts";
import { simulate } from "../simulate.ts";
import { MUTANTS } from "./all.ts";
import type { Mutant } from "./mutant.ts";

const USAGE = `Looks for each wrong variant of the protocol in its storm, until a checker catches it.

  npm run sim:mutants                         all of them
  npm run sim:mutants -- "part of a name"     some of them
  npm run sim:mutants -- --seed S --seeds N   N seeds at most for each (default 40000), from S on (default 1)
  npm run sim:mutants -- --record             all of them, counted in docs/reliability.json and its page
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: "string", default: "1" },
      seeds: { type: "string", default: "40000" },
      threads: { type: "string" },
      record: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [wanted = ""] = positionals;
  const chosen = MUTANTS.filter(({ name }) => name.includes(wanted));
  if (chosen.length === 0) throw new RangeError(`No wrong variant has ${JSON.stringify(wanted)} in its name.`);
  if (values.record && wanted !== "") throw new RangeError("--record records all wrong variants: leave the name out.");
  const recording = values.record ? beginRecording("wrong variants") : undefined;
  const search = {
    firstSeed: wholeNumber("--seed", values.seed),
    seeds: wholeNumber("--seeds", values.seeds),
    ...(values.threads !== undefined && { threads: wholeNumber("--threads", values.threads) }),
  };
  console.log("caught by         after seeds  storm    wrong variant");
  let survivors = 0;
  for (const mutant of chosen) {
    if (!(await isCaught(mutant, search))) survivors += 1;
  }
  console.log(`\n${chosen.length - survivors} of ${chosen.length} wrong variants caught`);
  recording?.end({
    command: commandLine("sim:mutants", process.argv.slice(2)),
    passed: survivors === 0,
    figures: { "wrong variants caught": chosen.length - survivors, "not caught": survivors },
  });
  return survivors === 0 ? 0 : 1;
}

/** In how many storms no other checker may see the mistake. */
const SHOWN_BY = 500;

async function isCaughtByNoOther(
  { patches, storm }: Mutant,
  checker: string,
  { firstSeed }: { readonly firstSeed: number },
): Promise<boolean> {
  const { failures } = await campaign({ firstSeed, seeds: SHOWN_BY, patches, storm });
  const others = failures.flatMap(({ violations }) => violations.filter((each) => !each.startsWith(`${checker}:`)));
  if (others.length > 0) console.log(`  Not by ${checker} alone: ${others[0]}`);
  return others.length === 0;
}

async function isCaught(
  mutant: Mutant,
  search: { readonly firstSeed: number; readonly seeds: number; readonly threads?: number },
): Promise<boolean> {
  const { name, patches, storm, onlyBy } = mutant;
  const { seeds, failures } = await campaign({ ...search, patches, storm, stopAtFailure: true });
  const [failure] = failures;
  const checker = failure?.violations[0]?.split(":")[0];
  console.log(`${(checker ?? "NOT CAUGHT").padEnd(16)}  ${String(seeds).padStart(11)}  ${storm.padEnd(7)}  ${name}`);
  if (failure === undefined) return false;
  const { violations } = await simulate({ seed: failure.seed, storm });
  if (violations.length === 0) return onlyBy === undefined || (await isCaughtByNoOther(mutant, onlyBy, search));
  console.log(
    `  The right code fails here too, which proves nothing: npm run sim -- --seed ${failure.seed} --storm ${storm}`,
  );
  return false;
}

endWithReader();
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
