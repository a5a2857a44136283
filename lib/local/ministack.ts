/** The one version of the emulator that this project is tested with. */
export const MINISTACK_VERSION = "1.4.21";
export const MINISTACK_REQUIREMENT = `ministack==${MINISTACK_VERSION}`;
export const MINISTACK_IMAGE = `ministackorg/ministack:${MINISTACK_VERSION}`;

/**
 * Starts MiniStack and ends it, with every process it started for functions, as soon as standard input closes. So
 * nothing stays behind even when the local run itself is killed and cannot clean up. As process 1 of a container the
 * kill does not reach MiniStack itself; there the exit ends everything.
 */
export const LAUNCHER = `
import os, signal, sys, threading

def end_with_parent():
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)
    os._exit(0)

threading.Thread(target=end_with_parent, daemon=True).start()
sys.argv = ["ministack"]
from ministack.app import main
main()
`;

/** MiniStack's own settings. It reads no others: its environment is built from nothing. */
export function ministackVariables({ port, bindHost }: { readonly port: number; readonly bindHost: string }) {
  return {
    GATEWAY_PORT: String(port),
    BIND_HOST: bindHost,
    // Queue URLs carry this host: with any other, functions and callers would be given different ones.
    MINISTACK_HOST: "127.0.0.1",
    // Listeners of their own on fixed ports, which nothing here needs.
    IOT_MTLS_ENABLED: "0",
    SFTP_ENABLED: "0",
    LAMBDA_EXECUTOR: "local",
  };
}
