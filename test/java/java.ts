import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Variables } from "../../lib/local/environment.ts";
import { LocalRunError } from "../../lib/local/local-run-error.ts";
import { WAIT_HANGS_AFTER_MS } from "../setup/hanging.ts";

const run = promisify(execFile);
const OLDEST_JAVA = 17;

/** @throws LocalRunError when no installed Java can run the server. */
export async function requireJava(title: string, environment: Variables): Promise<void> {
  const found = await javaVersion(environment);
  if (found === undefined || found < OLDEST_JAVA) {
    throw new LocalRunError(
      `These tests run ${title}, which needs Java ${OLDEST_JAVA} or later: ` +
        `${found === undefined ? "`java -version` does not work here" : `\`java -version\` says ${found}`}. ` +
        "Install one (https://adoptium.net) and Maven (https://maven.apache.org), put both on the PATH and start again.",
    );
  }
}

async function javaVersion(environment: Variables): Promise<number | undefined> {
  try {
    const { stderr } = await run("java", ["-version"], { env: environment, timeout: WAIT_HANGS_AFTER_MS });
    const major = /version "(\d+)/.exec(stderr)?.[1];
    return major === undefined ? undefined : Number(major);
  } catch {
    // Java is absent or does not run. The message says which command did not work.
    return undefined;
  }
}
