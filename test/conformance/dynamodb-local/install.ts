import { copyFile, mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../../lib/local/child-process.ts";
import type { Variables } from "../../../lib/local/environment.ts";
import { removeFolder, removeLeftovers } from "../../../lib/local/leftovers.ts";
import { LocalRunError } from "../../../lib/local/local-run-error.ts";
import { PROJECT_ROOT } from "../../../lib/local/run-folder.ts";

const VERSION = "2.6.1";
/** Git ignores it, and it may be deleted at any time. */
export const CACHE_FOLDER = join(PROJECT_ROOT, ".cache", "dynamodb-local");
const POM = fileURLToPath(new URL("pom.xml", import.meta.url));
/** The plugin that copies dependencies, in the version that Maven itself binds to, so that it is one and the same. */
const COPY_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies";
const MAVEN_WITHIN_MS = 300_000;
const UNFINISHED = "installing-";

export interface InstallOptions {
  readonly environment: Variables;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Downloads DynamoDB Local with Maven, once, and returns the folder with its libraries. They are put together in a folder
 * of another name, which is renamed when it is complete.
 *
 * @throws LocalRunError when Maven is missing or fails, with the last lines of what it said.
 */
export async function installDynamodbLocal({ environment, signal, say }: InstallOptions): Promise<string> {
  const finished = join(CACHE_FOLDER, `libs-${VERSION}`);
  if (await exists(finished)) return finished;
  say(`downloading DynamoDB Local ${VERSION} with Maven (51 MB, once)`);
  await mkdir(CACHE_FOLDER, { recursive: true });
  await removeLeftovers(CACHE_FOLDER, UNFINISHED);
  const unfinished = join(CACHE_FOLDER, `${UNFINISHED}${process.pid}-${Date.now()}`);
  const logFile = join(CACHE_FOLDER, "maven.log");
  try {
    await mkdir(unfinished);
    await rm(logFile, { force: true });
    // Maven writes beside the file it is given.
    await copyFile(POM, join(unfinished, "pom.xml"));
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
      timeoutMs: MAVEN_WITHIN_MS,
    });
    if (result.kind === "failed") {
      throw new LocalRunError(
        `Maven could not download DynamoDB Local ${VERSION}: ${result.reason}. These tests need Maven and Java 17 or ` +
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
    // Another run was faster; what it put there is complete.
    if (!(await exists(finished))) throw error;
  }
}

async function exists(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch {
    // Whatever the reason, it is not there to be used.
    return false;
  }
}
