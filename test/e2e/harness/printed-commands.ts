import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../../lib/local/run-folder.ts";

const HEADING = /^### (.*)$/;
const FENCE = "```";

/** The commands under a heading of a document: one list for each block, in their order, exactly as they are printed. */
export function printedCommands(file: string, heading: string): readonly (readonly string[])[] {
  const lines = readFileSync(join(PROJECT_ROOT, file), "utf8").split("\n");
  const start = lines.findIndex((line) => HEADING.exec(line)?.[1] === heading);
  if (start < 0) throw new Error(`${file} has no heading "${heading}"`);
  const blocks: string[][] = [];
  let inBlock = false;
  for (const line of lines.slice(start + 1)) {
    if (/^##/.test(line)) break;
    if (line.startsWith(FENCE)) {
      inBlock = !inBlock;
      if (inBlock) blocks.push([]);
    } else if (inBlock && line !== "") blocks.at(-1)?.push(line);
  }
  return blocks;
}

export interface CommandResult {
  readonly command: string;
  readonly exitCode: number;
  readonly output: string;
}

/**
 * Runs a line in a shell, in the project's folder, with these variables, as a person in a new clone would. npx keeps a link to
 * the command of each folder it ever ran in, also one that is stale since another clone stood in the same place. So it has a
 * cache of its own.
 */
export function runPrinted(command: string, variables: Readonly<Record<string, string>>): Promise<CommandResult> {
  const cache = mkdtempSync(join(tmpdir(), "outbox-relay-npx-"));
  return new Promise((resolve) => {
    const env = { ...process.env, ...variables, npm_config_cache: cache };
    execFile("sh", ["-c", command], { cwd: PROJECT_ROOT, env }, (error, stdout, stderr) => {
      rmSync(cache, { recursive: true, force: true });
      const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ command, exitCode, output: `${stdout}${stderr}` });
    });
  });
}
