import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { installEnvironment } from "../../lib/local/environment.ts";
import { PROJECT_ROOT } from "../../lib/local/run-folder.ts";

const PAGE = "docs/local.md";
/** How the page names the folder that the package was packed into. */
const TARBALL = "<path>/dynamodb-outbox-relay-0.1.0.tgz";
const APP = "shop";
const FIRST_TERMINAL = "npx outbox-relay local";
const UP_WITHIN_MS = 300_000;
const POLL_MS = 100;

/** One block of commands in the second terminal, and what became of it. */
export interface Block {
  readonly commands: string;
  readonly exitCode: number;
  readonly output: string;
  readonly tookMs: number;
}

export interface PageRun {
  readonly blocks: readonly Block[];
  /** From the installation to the end of the last block. */
  readonly tookMs: number;
  /** What the first terminal told, and whether a process of it was left after Ctrl-C. */
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
  const blocks: Block[] = [];
  for (const each of before) {
    const block = await type(each.replace(TARBALL, tarball), folder, environment);
    if (block.exitCode !== 0) throw new Error(`${each} failed:\n${block.output}`);
    blocks.push(block);
  }
  for (const [name, text] of files) await writeFile(join(app, name), text);
  const terminal = new Terminal(FIRST_TERMINAL, app, environment);
  try {
    const pasted = await terminal.lineToPaste();
    for (const each of after) blocks.push(await type(each, app, environment, pasted));
    const tookMs = Date.now() - begun;
    return { blocks, tookMs, app, first: { isLeft: await terminal.interrupt(), told: terminal.told } };
  } finally {
    terminal.kill();
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

/** Types a block into a shell that ends at the first command that fails. */
async function type(commands: string, folder: string, environment: NodeJS.ProcessEnv, pasted = ":"): Promise<Block> {
  await mkdir(folder, { recursive: true });
  const begun = Date.now();
  const shell = spawn("bash", ["-e", "-c", `${pasted}\n${commands}`], { cwd: folder, env: environment });
  let output = "";
  for (const stream of [shell.stdout, shell.stderr]) stream.on("data", (data) => (output += data));
  const [exitCode] = await once(shell, "close");
  return { commands, exitCode, output, tookMs: Date.now() - begun };
}

/** A terminal in which one command runs until Ctrl-C, which reaches every process in the foreground. */
class Terminal {
  readonly #shell: ChildProcess;
  readonly #closed: Promise<unknown>;
  #printed = "";
  told = "";

  constructor(command: string, folder: string, environment: NodeJS.ProcessEnv) {
    this.#shell = spawn("bash", ["-c", command], { cwd: folder, env: environment, detached: true });
    this.#shell.stdout?.on("data", (data) => (this.#printed += data));
    this.#shell.stderr?.on("data", (data) => (this.told += data));
    this.#closed = once(this.#shell, "close");
  }

  async lineToPaste(): Promise<string> {
    for (const until = Date.now() + UP_WITHIN_MS; ; await sleep(POLL_MS)) {
      const line = this.#printed.split("\n").find((each) => each.startsWith("export "));
      if (line !== undefined && this.#printed.endsWith("\n")) return line;
      if (this.#shell.exitCode !== null || Date.now() > until) {
        throw new Error(`The first terminal printed no line to paste:\n${this.told}${this.#printed}`);
      }
    }
  }

  /** Types Ctrl-C, and waits until nobody writes to the terminal any more. Resolves with whether a process is left. */
  async interrupt(): Promise<boolean> {
    this.#signal("SIGINT");
    await this.#closed;
    return this.#signal("SIGKILL");
  }

  /** Ends what is left of it. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  /** Signals all processes of the terminal. Whether there were any. */
  #signal(signal: NodeJS.Signals): boolean {
    if (this.#shell.pid === undefined) return false;
    try {
      process.kill(-this.#shell.pid, signal);
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
      throw error;
    }
  }
}
