import { type Emulator, type EmulatorOptions, provideEmulator } from "../../../lib/local/emulator/emulator.ts";
import type { Lifetime } from "../../../lib/local/lifetime.ts";
import { makeRunFolder, type RunFolder } from "../../../lib/local/run-folder.ts";
import { childrenOf, killWorkers } from "./workers.ts";

/** An emulator that this process has started itself, so that it can kill the processes of the emulator. */
export interface OwnEmulator {
  readonly emulator: Emulator;
  readonly runFolder: RunFolder;
  /** The environment without an emulator that others use. */
  readonly inherited: NodeJS.ProcessEnv;
  /** Kills the processes in which these functions run. Resolves with how many there were. */
  killFunctions(names: readonly string[]): Promise<number>;
}

export interface OwnEmulatorOptions extends Pick<EmulatorOptions, "functionVariables"> {
  /** Ends the processes that are started here. */
  readonly lifetime: Lifetime;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** See {@link provideEmulator}. @default false */
  readonly tellsTimeLeft?: boolean;
}

/** A stack's name is fixed, so a second stack needs an emulator of its own beside the one of other tests. */
export async function startOwnEmulator({ lifetime, ...options }: OwnEmulatorOptions): Promise<OwnEmulator> {
  const { AWS_ENDPOINT_URL: _shared, ...inherited } = process.env;
  const runFolder = await makeRunFolder();
  lifetime.defer("The run folder", () => runFolder.remove({ keepLogs: true }));
  const before = (await childrenOf(process.pid)).map(({ pid }) => pid);
  const emulator = await provideEmulator({ ...options, inherited, runFolder });
  lifetime.defer("The emulator", () => emulator.end());
  const [emulatorProcess, ...others] = (await childrenOf(process.pid)).filter(({ pid }) => !before.includes(pid));
  if (emulatorProcess === undefined || others.length > 0) {
    throw new Error(`The emulator should be the one new child of this process, but there are ${1 + others.length}`);
  }
  return { emulator, runFolder, inherited, killFunctions: (names) => killWorkers(emulatorProcess.pid, names) };
}
