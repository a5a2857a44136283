import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkHealth } from "../../lib/local/emulator/emulator-health.ts";
import { installEnvironment } from "../../lib/local/environment.ts";
import { PROJECT_ROOT } from "../../lib/local/run-folder.ts";
import { WAIT_HANGS_AFTER_MS } from "../setup/hanging.ts";
import { Shell } from "./shells.ts";

const PAGE = "docs/local.md";
/** How the page names what the package was packed into. */
const TARBALL = "<path>/dynamodb-outbox-relay-0.1.0.tgz";
const APP = "shop";
const FIRST_TERMINAL = "npx outbox-relay local";
/** What the page says that a command tells "a few seconds later": it is typed again until it does. */
const LATER = { command: "status", tells: "ServiceUnavailableException" };
const POLL_MS = 100;

/** One block of commands in the second terminal, and what became of it. */
export interface Block {
  readonly commands: string;
  readonly exitCode: number | undefined;
  readonly printed: string;
  readonly errors: string;
  readonly processorSeconds: number;
  readonly tookMs: number;
}

export interface PageRun {
  readonly blocks: readonly Block[];
  /** From the installation to the end of the last block. Another load on the machine makes it longer. */
  readonly tookMs: number;
  /** What all commands took of a processor, those of the first terminal included. */
  readonly processorSeconds: number;
  /** What the first terminal told, and whether a process was left after Ctrl-C. */
  readonly first: { readonly told: string; readonly isLeft: boolean };
  readonly app: string;
}

/**
 * Does what docs/local.md says, in an empty folder: saves its files, types its commands, pastes the line that the first terminal
 * prints into the second, and ends with Ctrl-C.
 */
export async function followPage(folder: string, tarball: string): Promise<PageRun> {
  const { files, commands } = await readPage();
  const before = commands.slice(0, commands.indexOf(FIRST_TERMINAL));
  const after = commands.slice(commands.indexOf(FIRST_TERMINAL) + 1);
  const [app, begun] = [join(folder, APP), Date.now()];
  // What the CDK remembers of accounts stays in the folder too.
  const environment = { ...installEnvironment(process.env), CDK_HOME: join(folder, "cdk-home"), NO_COLOR: "1" };
  await mkdir(folder, { recursive: true });
  const blocks: Block[] = [];
  for (const each of before) {
    const block = await type(each, each.replace(TARBALL, tarball), folder, environment);
    if (block.exitCode !== 0) throw new Error(`${each} failed:\n${block.printed}${block.errors}`);
    blocks.push(block);
  }
  for (const [name, text] of files) await writeFile(join(app, name), text);
  const terminal = new Shell(FIRST_TERMINAL, app, environment);
  try {
    const pasted = await lineToPaste(terminal);
    for (const each of after) {
      const again = () => type(each, `${pasted}\n${each}`, app, environment);
      let block = await again();
      if (each.includes(LATER.command)) {
        const until = Date.now() + WAIT_HANGS_AFTER_MS;
        while (!block.printed.includes(LATER.tells) && Date.now() < until) block = await again();
      }
      blocks.push(block);
    }
    const tookMs = Date.now() - begun;
    terminal.signal("SIGINT");
    await terminal.ended();
    const endpoint = /AWS_ENDPOINT_URL=(\S+)/.exec(pasted)?.[1] ?? "";
    const isLeft = terminal.signal("SIGKILL") || (await checkHealth(endpoint)).kind === "healthy";
    const processorSeconds = [...blocks, terminal].reduce((sum, each) => sum + each.processorSeconds, 0);
    return { blocks, tookMs, processorSeconds, app, first: { isLeft, told: terminal.errors } };
  } finally {
    terminal.signal("SIGKILL");
  }
}

/** The page's files by their names, and its blocks of commands in their order. */
async function readPage(): Promise<{
  readonly files: ReadonlyMap<string, string>;
  readonly commands: readonly string[];
}> {
  const page = await readFile(join(PROJECT_ROOT, PAGE), "utf8");
  const blocksOf = (language: string) =>
    [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, text = ""]) => text);
  const files = blocksOf("ts").map((text) => {
    const name = /^\/\/ (\S+)\n/.exec(text)?.[1];
    if (name === undefined) throw new Error(`A file of ${PAGE} has no name in its first line:\n${text}`);
    return [name, text] as const;
  });
  return { files: new Map(files), commands: blocksOf("sh").map((text) => text.trimEnd()) };
}

async function type(commands: string, script: string, folder: string, environment: NodeJS.ProcessEnv): Promise<Block> {
  const begun = Date.now();
  const { exitCode, printed, errors, processorSeconds } = await new Shell(script, folder, environment).ended();
  return { commands, exitCode, printed, errors, processorSeconds, tookMs: Date.now() - begun };
}

async function lineToPaste(terminal: Shell): Promise<string> {
  for (const until = Date.now() + WAIT_HANGS_AFTER_MS; ; await sleep(POLL_MS)) {
    const line = /^export .*(?=\n)/m.exec(terminal.printed)?.[0];
    if (line !== undefined) return line;
    if (terminal.exitCode !== undefined || Date.now() > until) {
      throw new Error(`The first terminal printed no line to paste:\n${terminal.errors}${terminal.printed}`);
    }
  }
}
