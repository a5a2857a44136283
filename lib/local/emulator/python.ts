import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Variables } from "../environment.ts";

const run = promisify(execFile);
const ANSWER_WITHIN_MS = 15_000;
const CANDIDATES = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];
const MIN_MINOR = 10;

/** Prints the version first, so that a Python without venv (as on Debian) still tells its version. */
const PROBE = "import sys; print('%d.%d' % sys.version_info[:2], flush=True); import venv, ensurepip";

export type PythonSearch =
  | { readonly kind: "found"; readonly command: string; readonly version: string }
  | { readonly kind: "unusable"; readonly reason: string };

/** Looks for a Python that can run the emulator: 3.10 or later, able to make virtual environments. */
export async function findPython(environment: Variables, candidates = CANDIDATES): Promise<PythonSearch> {
  let reason = "no Python was found";
  for (const command of candidates) {
    const { stdout, failed } = await probe(command, environment);
    const version = stdout.trim();
    const [major, minor] = version.split(".").map(Number);
    if (major === undefined || minor === undefined || Number.isNaN(minor)) {
      continue;
    }
    if (major !== 3 || minor < MIN_MINOR) {
      reason = `${command} is Python ${version}; 3.${MIN_MINOR} or later is needed`;
    } else if (failed) {
      reason = `Python ${version} cannot make virtual environments (its venv or ensurepip is missing; on Debian and Ubuntu: sudo apt-get install python3-venv)`;
    } else {
      return { kind: "found", command, version };
    }
  }
  return { kind: "unusable", reason };
}

async function probe(command: string, environment: Variables): Promise<{ stdout: string; failed: boolean }> {
  try {
    const { stdout } = await run(command, ["-c", PROBE], { env: environment, timeout: ANSWER_WITHIN_MS });
    return { stdout, failed: false };
  } catch (error) {
    const stdout = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
    return { stdout, failed: true };
  }
}
