import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../lib/local/child-process.ts";
import { installEnvironment } from "../../lib/local/environment.ts";
import { PROJECT_ROOT } from "../../lib/local/run-folder.ts";
import { WAIT_HANGS_AFTER_MS } from "../setup/hanging.ts";

/**
 * The package as `npm pack` makes it, and folders of projects that install it. They are outside of this project, whose modules
 * they must not find.
 */
export class Packed {
  readonly folder: string;
  readonly tarball: string;

  constructor(folder: string, tarball: string) {
    this.folder = folder;
    this.tarball = tarball;
  }

  static async make(): Promise<Packed> {
    const folder = await mkdtemp(join(tmpdir(), "outbox-relay-package-"));
    const tarball = join(folder, "package.tgz");
    await run(folder, "npm-pack", "npm", ["pack", "--pack-destination", folder], PROJECT_ROOT);
    // The name holds the version.
    await run(folder, "rename", "sh", ["-c", `mv dynamodb-outbox-relay-*.tgz ${tarball}`], folder);
    return new Packed(folder, tarball);
  }

  /** Copies a folder of this project, or begins with an empty one, and installs the tarball and the other given packages. */
  async project(name: string, from: string | undefined, packages: readonly string[] = []): Promise<string> {
    const project = join(this.folder, name);
    if (from === undefined) await mkdir(project, { recursive: true });
    else await cp(join(PROJECT_ROOT, from), project, { recursive: true });
    const install = ["install", "--no-audit", "--no-fund", this.tarball, ...packages];
    await run(this.folder, `npm-install-${name}`, "npm", install, project);
    return project;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** @throws with the last lines of the command's output, when it fails. */
export async function run(
  logs: string,
  step: string,
  command: string,
  args: readonly string[],
  folder: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  const result = await runCommand({
    command,
    args,
    environment: { ...installEnvironment(process.env), ...variables },
    folder,
    logFile: join(logs, `${step}.log`),
    signal: new AbortController().signal,
    timeoutMs: WAIT_HANGS_AFTER_MS,
  });
  if (result.kind === "failed") throw new Error(`${step} failed: ${result.reason}\n${result.output}`);
}
