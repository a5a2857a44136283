import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 100;

/**
 * Waits until a check holds.
 *
 * @param state - describes the present state, for the error when the check never holds.
 */
export async function eventually(
  what: string,
  withinMs: number,
  check: () => boolean | Promise<boolean>,
  state: () => string | Promise<string>,
): Promise<void> {
  const until = Date.now() + withinMs;
  while (!(await check())) {
    if (Date.now() > until) {
      throw new Error(`Not within ${withinMs / 1000} s: ${what}. ${await state()}`);
    }
    await sleep(POLL_MS);
  }
}
