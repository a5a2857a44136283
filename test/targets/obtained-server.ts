import { describe, it } from "vitest";
import { LocalRunError } from "../../lib/local/local-run-error.ts";

/**
 * Starts a real server. One that cannot be had on this machine is reported by its name as not run, and counted; with
 * OUTBOX_RELAY_REQUIRE_SERVERS=1, as in CI, it fails the run.
 */
export async function obtainedServer<Server>(name: string, start: () => Promise<Server>): Promise<Server | undefined> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof LocalRunError) || process.env["OUTBOX_RELAY_REQUIRE_SERVERS"] === "1") throw error;
    describe(name, () => {
      it.skip(`was not run: ${error.message.split("\n")[0]}`, () => undefined);
    });
    return undefined;
  }
}
