import { execFile } from "node:child_process";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type CommandResult, runCommand } from "../child-process.ts";
import type { Variables } from "../environment.ts";
import { removeFolder, removeLeftovers } from "../leftovers.ts";
import { LocalRunError } from "../local-run-error.ts";
import { MINISTACK_REQUIREMENT, MINISTACK_VERSION } from "./ministack.ts";

const run = promisify(execFile);
const VENV_WITHIN_MS = 120_000;
const PIP_WITHIN_MS = 300_000;
const CHECK_WITHIN_MS = 30_000;
/** Imports the modules that MiniStack needs to start, so that an incomplete environment fails the check. */
const CHECK = "import importlib.metadata as m, hypercorn, yaml, defusedxml, ministack; print(m.version('ministack'))";
const UNFINISHED = "installing-";

export interface InstallOptions {
  readonly python: { readonly command: string; readonly version: string };
  /** The folder of the installation, and of unfinished ones beside it. */
  readonly folder: string;
  readonly logFile: string;
  readonly environment: Variables;
  readonly signal: AbortSignal;
  /** Called before an installation, which takes a while. */
  readonly onInstall: () => void;
}

/**
 * Installs MiniStack into its own virtual environment, once, and returns its Python.
 *
 * The installation is made in a folder of another name and renamed when it is complete. So an interrupted installation
 * never looks complete, and of two at the same time the second to finish uses the first's.
 *
 * @throws LocalRunError if Python or pip fail, with the last lines of their output.
 */
export async function installMinistack(options: InstallOptions): Promise<string> {
  const { folder, python, environment, onInstall } = options;
  const finished = join(folder, `ministack-${MINISTACK_VERSION}-python-${python.version}`);
  if (await works(finished, environment)) {
    return pythonOf(finished);
  }
  onInstall();
  await mkdir(folder, { recursive: true });
  await removeLeftovers(folder, UNFINISHED);
  const unfinished = join(folder, `${UNFINISHED}${process.pid}-${Date.now()}`);
  try {
    await install(unfinished, options);
    await putInPlace(unfinished, finished, environment);
  } finally {
    await removeFolder(unfinished);
  }
  return pythonOf(finished);
}

async function install(venv: string, { python, logFile, environment, signal, folder }: InstallOptions): Promise<void> {
  const common = { environment, folder, logFile, signal };
  const made = await runCommand({
    ...common,
    command: python.command,
    args: ["-m", "venv", venv],
    timeoutMs: VENV_WITHIN_MS,
  });
  throwIfFailed(made, `Python ${python.version} could not make a virtual environment`, logFile);
  const installed = await runCommand({
    ...common,
    command: pythonOf(venv),
    args: ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", MINISTACK_REQUIREMENT],
    timeoutMs: PIP_WITHIN_MS,
  });
  throwIfFailed(installed, `pip could not install ${MINISTACK_REQUIREMENT}`, logFile);
  if (!(await works(venv, environment))) {
    throw new LocalRunError(`${MINISTACK_REQUIREMENT} was installed and cannot be imported. The log is ${logFile}`);
  }
}

/** Renames a complete installation to its final name, unless another start has meanwhile put a working one there. */
async function putInPlace(unfinished: string, finished: string, environment: Variables): Promise<void> {
  if (await works(finished, environment)) {
    return;
  }
  // The existing installation does not work, for example because its Python is gone.
  await removeFolder(finished);
  try {
    await rename(unfinished, finished);
  } catch (error) {
    // Another start put its installation there just now.
    if (!(await works(finished, environment))) {
      throw error;
    }
  }
}

async function works(venv: string, environment: Variables): Promise<boolean> {
  try {
    const { stdout } = await run(pythonOf(venv), ["-c", CHECK], { env: environment, timeout: CHECK_WITHIN_MS });
    return stdout.trim() === MINISTACK_VERSION;
  } catch {
    // It is absent or incomplete, or its Python is gone: it has to be installed (again).
    return false;
  }
}

const pythonOf = (venv: string): string => join(venv, "bin", "python");

function throwIfFailed(result: CommandResult, what: string, logFile: string): void {
  if (result.kind === "failed") {
    throw new LocalRunError(`${what}: ${result.reason}. The log is ${logFile}\n${result.output}`);
  }
}
