import { readFile } from "node:fs/promises";

/** The state of a listening socket in the kernel's tables. */
const LISTENING = "0A";

/** The addresses on which a process listens at a port, as Linux writes them: `0100007F` is 127.0.0.1. */
export async function listeningAddresses(port: number): Promise<readonly string[]> {
  const tables = await Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map((path) => readFile(path, "latin1")));
  return tables
    .flatMap((table) => table.split("\n"))
    .flatMap((line) => {
      const [, local = "", , state] = line.trim().split(/\s+/);
      const [address = "", hexPort = ""] = local.split(":");
      return state === LISTENING && Number.parseInt(hexPort, 16) === port ? [address] : [];
    });
}

/** 127.0.0.1 and ::1. */
export const LOOPBACK: readonly string[] = ["0100007F", "00000000000000000000000001000000"];
