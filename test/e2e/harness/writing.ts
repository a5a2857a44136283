import { setTimeout as sleep } from "node:timers/promises";
import type { Outbox } from "./outbox.ts";

const EVENTS_PER_TRANSACTION = 5;
const PAUSE_MS = 50;

/**
 * Writes events all the time while some work goes on, about 80 a second.
 *
 * @param work - is given the ids of the events written so far, which grow as it goes on.
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
