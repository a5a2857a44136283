import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { runCommand } from "../../lib/local/child-process.ts";
import { findPython } from "../../lib/local/emulator/python.ts";
import { childEnvironment, installEnvironment } from "../../lib/local/environment.ts";
import type { RunFolder } from "../../lib/local/run-folder.ts";
import { WAIT_HANGS_AFTER_MS } from "../setup/hanging.ts";

/** The AWS CLI, and the program by which AWS makes templates of CloudFormation out of SAM's. */
const PACKAGES = ["awscli==1.46.3", "aws-sam-translator==1.115.0"];
const exec = promisify(execFile);

export interface AwsShellOptions {
  readonly runFolder: RunFolder;
  /** Of the emulator. */
  readonly endpoint: string;
  /** The folder that commands run in. */
  readonly folder: string;
}

/** A shell in which `aws` is the AWS CLI, from pip, `python` has SAM's translator, and AWS is the emulator. */
export class AwsShell {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #folder: string;

  private constructor(environment: Readonly<Record<string, string>>, folder: string) {
    this.#environment = environment;
    this.#folder = folder;
  }

  static async make({ runFolder, endpoint, folder }: AwsShellOptions): Promise<AwsShell> {
    const venv = join(runFolder.temp, "aws-cli");
    await installPackages(venv, runFolder);
    const programs = join(runFolder.temp, "programs");
    await mkdir(programs);
    // The CLI of pip has a name of its own for SQS, which it gives up only for an endpoint on the command line.
    const wrapper = `#!/bin/sh\nexec "${join(venv, "bin", "aws")}" --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n`;
    await writeFile(join(programs, "aws"), wrapper, { mode: 0o755 });
    const environment = childEnvironment({
      inherited: process.env,
      endpoint,
      home: runFolder.home,
      temp: runFolder.temp,
      nodeFolder: dirname(process.execPath),
    });
    return new AwsShell({ ...environment, PATH: `${programs}:${join(venv, "bin")}:${environment["PATH"]}` }, folder);
  }

  /** @returns what the commands print. @throws with what they print as errors, when one fails. */
  async run(script: string): Promise<string> {
    const { stdout } = await exec("bash", ["--norc", "-euo", "pipefail", "-c", script], {
      cwd: this.#folder,
      env: this.#environment,
    });
    return stdout.trim();
  }
}

async function installPackages(venv: string, runFolder: RunFolder): Promise<void> {
  const environment = installEnvironment(process.env);
  const python = await findPython(environment);
  if (python.kind !== "found") throw new Error(python.reason);
  const steps = [
    [python.command, "-m", "venv", venv],
    [join(venv, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES],
  ] as const;
  for (const [command, ...args] of steps) {
    const result = await runCommand({
      command,
      args,
      environment,
      folder: runFolder.path,
      logFile: join(runFolder.logs, "aws-cli.log"),
      signal: new AbortController().signal,
      timeoutMs: WAIT_HANGS_AFTER_MS,
    });
    if (result.kind === "failed")
      throw new Error(`${PACKAGES.join(" and ")} were not installed: ${result.reason}\n${result.output}`);
  }
}
