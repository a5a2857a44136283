import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BILL_FILE } from "../../lib/cdk/build/bill-of-materials.ts";
import { outliveReader } from "../../lib/local/closed-output.ts";
import { knownVulnerabilities, told } from "./known-vulnerabilities.ts";

/**
 * Fails where the registry knows a vulnerability, high or critical, of what is bundled or installed by users:
 * `npm run test:dependencies`, with arguments for npm behind `--`, such as a registry that answers.
 */
const ROOT = join(import.meta.dirname, "..", "..");

outliveReader();
const bill: {
  readonly components: readonly { readonly group?: string; readonly name: string; readonly version: string }[];
} = JSON.parse(await readFile(join(ROOT, "dist", BILL_FILE), "utf8"));
const answer = await knownVulnerabilities({
  root: ROOT,
  bundled: new Set(
    bill.components.map(({ group, name, version }) => `${group === undefined ? "" : `${group}/`}${name}@${version}`),
  ),
  npmArguments: process.argv.slice(2),
});
const { lines, isPassed } = told(answer);
for (const line of lines) console.log(line);
if (!isPassed) process.exitCode = 1;
