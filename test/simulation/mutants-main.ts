import { campaign } from "./campaign.ts";
import { MUTANTS } from "./mutants.ts";

/** The rarest mutant of this protocol that was ever seen took about 10,000 seeds. */
const MAX_SEEDS = 100_000;

let survivors = 0;
console.log("caught by         after seeds  wrong variant");
const wanted = process.argv[2] ?? "";
const chosen = MUTANTS.filter(({ name }) => name.includes(wanted));
for (const { name, patches, gates } of chosen) {
  const { seeds, failures } = await campaign({ seeds: MAX_SEEDS, patches, gates, stopAtFailure: true });
  const [failure] = failures;
  if (failure === undefined) survivors += 1;
  const checker = failure?.violations[0]?.split(":")[0] ?? "NOT CAUGHT";
  console.log(`${checker.padEnd(16)}  ${String(seeds).padStart(11)}  ${name}`);
}
console.log(`\n${chosen.length - survivors} of ${chosen.length} wrong variants caught`);
process.exitCode = survivors === 0 ? 0 : 1;
