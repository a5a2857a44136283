import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { outliveReader } from "../../../lib/local/closed-output.ts";
import { bundlePatched } from "../mutants/patched-bundle.ts";
import { wholeNumber } from "../options.ts";
import { digestOfAll } from "./digest.ts";
import type { DigestShare } from "./digest-worker.ts";

const USAGE = `One hash of what the code does in many storms: the same before and after a change that only moves or renames.

  npm run sim:digest                          10,000 seeds
  npm run sim:digest -- --seeds N --blocks    N seeds, with a hash for each thousand
  npm run sim:digest -- --record FILE         before the change: a hash for each seed into FILE
  npm run sim:digest -- --against FILE        after it: the first seed that differs, and how many do
`;

const BLOCK = 1_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "10000" },
      blocks: { type: "boolean", default: false },
      record: { type: "string" },
      against: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const recorded =
    values.against === undefined ? undefined : (await readFile(values.against, "utf8")).trim().split("\n");
  const seeds = recorded?.length ?? wholeNumber("--seeds", values.seeds);
  const digests = await digestsOf(seeds);
  if (values.blocks) {
    for (let from = 0; from < seeds; from += BLOCK) {
      const block = digests.slice(from, from + BLOCK);
      console.log(`seeds ${from + 1} to ${from + block.length}: ${digestOfAll(block)}`);
    }
  }
  if (values.record !== undefined) await writeFile(values.record, `${digests.join("\n")}\n`);
  console.log(`${seeds} seeds: ${digestOfAll(digests)}`);
  return recorded === undefined ? 0 : compare(digests, recorded);
}

function compare(digests: readonly string[], recorded: readonly string[]): number {
  const different = digests.flatMap((digest, index) => (digest === recorded[index] ? [] : [index + 1]));
  const [first] = different;
  if (first === undefined) {
    console.log("The same in every seed.");
    return 0;
  }
  console.log(
    `${different.length} seeds differ. The first: npm run sim -- --seed ${first} --trace, here and before the change`,
  );
  return 1;
}

async function digestsOf(seeds: number): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "outbox-digest-"));
  const digests: string[] = [];
  try {
    const bundle = join(folder, "worker.mjs");
    await bundlePatched(join(import.meta.dirname, "digest-worker.ts"), bundle, []);
    const step = Math.min(availableParallelism(), seeds);
    const shares = Array.from(
      { length: step },
      (_unused, index): DigestShare => ({ first: index + 1, step, end: seeds + 1 }),
    );
    await Promise.all(
      shares.map(
        (share) =>
          new Promise<void>((resolve, reject) => {
            const worker = new Worker(bundle, { workerData: share });
            worker.on("message", ([seed, digest]: [number, string]) => {
              digests[seed - 1] = digest;
            });
            worker.on("error", reject);
            worker.on("exit", () => resolve());
          }),
      ),
    );
    return digests;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

outliveReader();
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
