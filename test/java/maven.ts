import { copyFile, mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../lib/local/child-process.ts";
import type { Variables } from "../../lib/local/environment.ts";
import { removeFolder, removeLeftovers } from "../../lib/local/leftovers.ts";
import { LocalRunError } from "../../lib/local/local-run-error.ts";
import { PROJECT_ROOT } from "../../lib/local/run-folder.ts";
import { WAIT_HANGS_AFTER_MS } from "../setup/hanging.ts";

/** A server that Maven downloads, with all its libraries. */
export interface MavenServer {
  /** The server's name, for people. */
  readonly title: string;
  readonly version: string;
  /** The folder under `.cache`. Git ignores it, and it may be deleted at any time. */
  readonly folder: string;
  /** The file that names the libraries. */
  readonly pom: string;
  readonly megabytes: number;
}

export interface InstallOptions {
  readonly environment: Variables;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** The plugin that copies dependencies, always in the version to which Maven itself binds. */
const COPY_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies";
const UNFINISHED = "installing-";

export const cacheFolder = ({ folder }: MavenServer): string => join(PROJECT_ROOT, ".cache", folder);

/**
 * Downloads a server with Maven, once, and returns the folder with its libraries. They are put together in a folder of
 * another name, which is renamed when it is complete.
 *
 * @throws LocalRunError when Maven is missing or fails, with the last lines of its output.
 */
export async function installWithMaven(
  server: MavenServer,
  { environment, signal, say }: InstallOptions,
): Promise<string> {
  const { title, version, pom, megabytes } = server;
  const folder = cacheFolder(server);
  const finished = join(folder, `libs-${version}`);
  if (await exists(finished)) return finished;
  say(`downloading ${title} ${version} with Maven (${megabytes} MB, once)`);
  await mkdir(folder, { recursive: true });
  await removeLeftovers(folder, UNFINISHED);
  const unfinished = join(folder, `${UNFINISHED}${process.pid}-${Date.now()}`);
  const logFile = join(folder, "maven.log");
  try {
    await mkdir(unfinished);
    await rm(logFile, { force: true });
    // Maven writes beside the file it is given.
    await copyFile(pom, join(unfinished, "pom.xml"));
    const libraries = join(unfinished, "libs");
    const result = await runCommand({
      command: "mvn",
      args: [
        "--batch-mode",
        "--file",
        join(unfinished, "pom.xml"),
        COPY_DEPENDENCIES,
        `-DoutputDirectory=${libraries}`,
      ],
      environment,
      folder: unfinished,
      logFile,
      signal,
      timeoutMs: WAIT_HANGS_AFTER_MS,
    });
    if (result.kind === "failed") {
      throw new LocalRunError(
        `Maven could not download ${title} ${version}: ${result.reason}. These tests need Maven and Java 17 or ` +
          `later; see that \`mvn -version\` works and reaches a repository. The log is ${logFile}\n${result.output}`,
      );
    }
    await putInPlace(libraries, finished);
    return finished;
  } finally {
    await removeFolder(unfinished);
  }
}

async function putInPlace(libraries: string, finished: string): Promise<void> {
  try {
    await rename(libraries, finished);
  } catch (error) {
    // Another run was faster, and its folder is complete.
    if (!(await exists(finished))) throw error;
  }
}

async function exists(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch {
    // The folder cannot be used, whatever the reason.
    return false;
  }
}
