import type { TestProject } from "vitest/node";
import { deployApp, LOCAL_SETTINGS } from "../../lib/local/deploy.ts";
import { provideEmulator } from "../../lib/local/emulator/emulator.ts";
import { Lifetime } from "../../lib/local/lifetime.ts";
import { makeRunFolder } from "../../lib/local/run-folder.ts";
import { childrenOf } from "../e2e/harness/workers.ts";
import "./orders-deployment.ts";
import { Packed, run } from "./packed.ts";

const lifetime = new Lifetime();
const STACK = "Orders";

/** Packs the package, installs it into a copy of the example, and deploys that with the example's own app. */
export async function setup(project: TestProject): Promise<void> {
  // The stack's tests kill processes, so they use an emulator of their own, even if another one runs already.
  const { AWS_ENDPOINT_URL: _shared, ...inherited } = process.env;
  const { signal } = new AbortController();
  try {
    const packed = await Packed.make();
    lifetime.defer("The packed package", () => packed.remove());
    const folder = await packed.project("orders", "examples/orders");
    await run(packed.folder, "types", "npx", ["--no-install", "tsc", "--noEmit"], folder);
    const runFolder = await makeRunFolder();
    lifetime.defer("The run folder", () => runFolder.remove({ keepLogs: true }));
    const before = new Set((await childrenOf(process.pid)).map(({ pid }) => pid));
    const emulator = await provideEmulator({ inherited, runFolder, signal, say: (line) => console.log(line) });
    lifetime.defer("The emulator", () => emulator.end());
    const [emulatorProcess] = (await childrenOf(process.pid)).filter(({ pid }) => !before.has(pid));
    if (emulatorProcess === undefined) throw new Error("The emulator is no child of this process");
    const relay = { ...LOCAL_SETTINGS, counterTable: true };
    const outputs = await deployApp({
      emulator,
      runFolder,
      inherited,
      signal,
      folder,
      stack: STACK,
      context: { relay },
    });
    project.provide("orders", {
      endpoint: emulator.endpoint,
      emulatorPid: emulatorProcess.pid,
      hostForFunctions: emulator.hostForFunctions,
      outputs,
      logs: runFolder.logs,
      packed: { folder: packed.folder, tarball: packed.tarball },
    });
  } catch (error) {
    await teardown();
    throw error;
  }
}

export async function teardown(): Promise<void> {
  const problems = await lifetime.end();
  if (problems.length > 0) throw new Error(problems.join("\n"));
}
