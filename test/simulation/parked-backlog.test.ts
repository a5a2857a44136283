import { describe, expect, it } from "vitest";
import { MINUTE_MS } from "../core/ordered/ordered-world.ts";
import { operatorWorld } from "../operator/core/operator-world.ts";
import { MIN_PARKED_MS } from "../world/world.ts";

const KEYS = 2_000;
const EVENTS_A_KEY = 10;
const ALONE = 80_000;
const RESTS_MS = 600 * MINUTE_MS;
const RATE = 2_000;

describe("a hundred thousand parked events", () => {
  it("are listed in pages, retried at a set rate, and arrive in order per key", async () => {
    const {
      write,
      table,
      clock,
      act: action,
      requeuerProcess,
      target,
    } = operatorWorld("per-key", { concurrency: 256 });
    const dueMs = clock.now() + RESTS_MS;
    const resting = {
      _notBefore: { N: String(dueMs) },
      _attempts: { N: "1" },
      _reason: { S: "permanent: Refused: no" },
    };
    for (let index = 0; index < ALONE; index += 1) write({ id: `alone-${index}` }, (item) => ({ ...item, ...resting }));
    for (let key = 0; key < KEYS; key += 1) {
      for (let sequence = 1; sequence <= EVENTS_A_KEY; sequence += 1) {
        write({ id: `k${key}/${sequence}`, order: { key: `k${key}`, sequence } });
      }
      table.put({
        pk: { S: `k${key}` },
        sk: { N: "0" },
        _ver: { N: "1" },
        attempts: { N: "1" },
        reason: { S: "permanent: Refused: no" },
        notBefore: { N: String(dueMs) },
        dlqAt: { N: String(clock.now()) },
      });
    }
    clock.skip(MIN_PARKED_MS + 10 * MINUTE_MS);

    const listed = new Set<string>();
    let after: string | undefined;
    do {
      const from = after;
      const page = await clock.run(() => action.list({ limit: 20_000, after: from }));
      expect(page.matching).toBe(ALONE + KEYS * EVENTS_A_KEY);
      for (const { id = "" } of page.events) listed.add(id);
      after = page.next;
    } while (after !== undefined);
    expect(listed.size).toBe(ALONE + KEYS * EVENTS_A_KEY);

    const startMs = clock.now();
    const retried = await clock.run(() => action.retry({}, { eventsPerSecond: RATE }));
    expect(retried).toEqual({ "made-due": ALONE + KEYS * EVENTS_A_KEY });
    const seconds = (clock.now() - startMs) / 1_000;
    expect(seconds).toBeGreaterThanOrEqual((ALONE + KEYS * EVENTS_A_KEY) / RATE - 1);
    expect(clock.now()).toBeLessThan(dueMs);

    const { invoke } = requeuerProcess();
    for (let run = 0; run < 20 && table.items.size > 0; run += 1) {
      await invoke();
      clock.skip(MINUTE_MS);
    }
    expect(table.items.size).toBe(0);
    expect(new Set(target.delivered).size).toBe(ALONE + KEYS * EVENTS_A_KEY);
    const next = new Map<string, number>();
    for (const id of target.delivered.filter((each) => each.includes("/"))) {
      const [key = "", sequence] = id.split("/");
      expect(Number(sequence)).toBe((next.get(key) ?? 0) + 1);
      next.set(key, Number(sequence));
    }
  });
});
