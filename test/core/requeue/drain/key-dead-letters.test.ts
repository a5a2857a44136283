import { describe, expect, it } from "vitest";
import type { KeyEnd } from "../../../../lib/core/ordered/drain-key.ts";
import type { Hiding } from "../../../../lib/core/requeue/drain/hidden-dead-letters.ts";
import { LOOK_AGAIN_MS } from "../../../../lib/core/requeue/drain/hidden-dead-letters.ts";
import { keyDeadLetters } from "../../../../lib/core/requeue/drain/key-dead-letters.ts";
import { MemoryQueue } from "../../../world/memory-queue.ts";
import { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";

interface Story {
  /** How the drain of each key ends. Undefined: it does not begin. */
  readonly end?: KeyEnd;
  readonly room?: number;
  readonly allFailed?: boolean;
}

/** What becomes of two dead letters of one key. */
async function settled({ end, room = 10, allFailed = false }: Story) {
  const clock = new VirtualClock(0);
  const telemetry = new RecordingTelemetry();
  const started: string[] = [];
  const hiding: Hiding[] = [];
  const deleted: string[] = [];
  const deadLetters = new MemoryQueue(clock);
  deadLetters.delete = async (receipts) => void deleted.push(...receipts);
  const drainKeys = keyDeadLetters({
    ...{ deadLetters, clock, telemetry },
    keys: {
      async start(pk, ended) {
        started.push(pk);
        if (end !== undefined) await ended(end);
        return end !== undefined;
      },
      settled: async () => undefined,
    },
    hidden: { hide: async (some) => void hiding.push(...some), room: () => room },
    delivery: { allFailed: () => allFailed },
  });
  const received = ["1", "2"].map((sk) => ({ receipt: `r${sk}`, key: { pk: "k", sk }, id: `k/${sk}` }));
  expect(await drainKeys(received)).toBe(1);
  expect(started).toEqual(["k"]);
  return { deleted, hiding, duplicates: telemetry.total("DuplicatesAvoided") };
}

const BOTH = ["r1", "r2"];
const hiddenFor = (ms: number) => BOTH.map((receipt) => ({ receipt, ms }));

describe("the dead letters of a key", () => {
  it("are left to the next run where its drain does not begin in this one", async () => {
    expect(await settled({})).toEqual({ deleted: [], hiding: hiddenFor(LOOK_AGAIN_MS), duplicates: 0 });
    expect(await settled({ allFailed: true })).toEqual({ deleted: [], hiding: hiddenFor(0), duplicates: 0 });
  });

  it("go with its last waiting event, and count as duplicates avoided only where nothing waited", async () => {
    expect(await settled({ end: { kind: "clean", delivered: 2 } })).toEqual({
      deleted: BOTH,
      hiding: [],
      duplicates: 0,
    });
    expect(await settled({ end: { kind: "clean", delivered: 0 } })).toEqual({
      deleted: BOTH,
      hiding: [],
      duplicates: 2,
    });
    expect(await settled({ end: { kind: "replaced", delivered: 0 } })).toMatchObject({ deleted: BOTH, duplicates: 0 });
  });

  it("are hidden until the key is due, or deleted where too many are hidden, for its record stays", async () => {
    const end = { kind: "busy", delivered: 0, retryAtMs: 5_000 } as const;
    expect(await settled({ end })).toEqual({ deleted: [], hiding: hiddenFor(5_000), duplicates: 0 });
    expect(await settled({ end, room: 0 })).toEqual({ deleted: BOTH, hiding: [], duplicates: 0 });
  });

  it("stay as they were received where nobody knows when the key is due, and come back at once in an outage", async () => {
    const end = { kind: "busy", delivered: 1 } as const;
    expect(await settled({ end, room: 0 })).toEqual({ deleted: [], hiding: [], duplicates: 0 });
    expect(await settled({ end, allFailed: true })).toEqual({ deleted: [], hiding: hiddenFor(0), duplicates: 0 });
  });
});
