import { setTimeout as sleep } from "node:timers/promises";
import type { Outbox } from "./outbox.ts";

const EVENTS_PER_TRANSACTION = 5;
const PAUSE_MS = 50;

/**
 * Writes about 80 events a second while some work goes on.
 *
 * @param work - gets the list of the ids written so far, which grows while it works.
 * @returns the ids of all.
 */
export async function whileWriting(
  outbox: Outbox,
  work: (written: readonly string[]) => Promise<void>,
): Promise<readonly string[]> {
  const written: string[] = [];
  let working = true;
  const done = work(written).finally(() => {
    working = false;
  });
  const writing = async () => {
    while (working) {
      written.push(...(await outbox.write(EVENTS_PER_TRANSACTION)));
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all([done, writing()]);
  return written;
}
