import { vi } from "vitest";
import { type Emulator, provideEmulator } from "../../../lib/local/emulator/emulator.ts";
import { Lifetime } from "../../../lib/local/lifetime.ts";
import { makeRunFolder, type RunFolder } from "../../../lib/local/run-folder.ts";
import { callAwsAt } from "../../aws/loopback.ts";
import { TcpProxy } from "../tcp-proxy.ts";

export interface EmulatedAws {
  readonly emulator: Emulator;
  readonly runFolder: RunFolder;
  /** The proxy in front of the emulator. The SDK clients that publishers make by themselves call it. */
  readonly proxy: TcpProxy;
  end(): Promise<void>;
}

/** Starts the emulator, and points this process's AWS clients at it by way of a proxy. */
export async function emulatedAws(): Promise<EmulatedAws> {
  const lifetime = new Lifetime();
  const end = async () => {
    vi.unstubAllEnvs();
    const problems = await lifetime.end();
    if (problems.length > 0) throw new Error(problems.join("\n"));
  };
  const inherited = { ...process.env };
  const { signal } = new AbortController();
  const runFolder = await makeRunFolder();
  lifetime.defer("The run folder", () => runFolder.remove({ keepLogs: true }));
  const emulator = await provideEmulator({ inherited, runFolder, signal, say: (line) => console.log(line) });
  lifetime.defer("The emulator", () => emulator.end());
  const { hostname: host, port } = new URL(emulator.endpoint);
  const proxy = await TcpProxy.start(() => ({ host, port: Number(port) }));
  lifetime.defer("The proxy", () => proxy.close());
  callAwsAt(`http://127.0.0.1:${proxy.port}`);
  return { emulator, runFolder, proxy, end };
}
