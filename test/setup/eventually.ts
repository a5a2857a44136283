import { setTimeout as sleep } from "node:timers/promises";
import { WAIT_HANGS_AFTER_MS } from "./hanging.ts";

const POLL_MS = 100;

/**
 * Waits until a check holds, for 15 minutes at most.
 *
 * @param state - describes the present state, for the error when the check never holds.
 */
export async function eventually(
  what: string,
  check: () => boolean | Promise<boolean>,
  state: () => string | Promise<string>,
): Promise<void> {
  const until = Date.now() + WAIT_HANGS_AFTER_MS;
  while (!(await check())) {
    if (Date.now() > until) {
      throw new Error(`Not within ${WAIT_HANGS_AFTER_MS / 1000} s: ${what}. ${await state()}`);
    }
    await sleep(POLL_MS);
  }
}
