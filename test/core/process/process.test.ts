import { describe, expect, it } from "vitest";
import type { FunctionRole } from "../../../lib/contract/deployment/function-role.ts";
import {
  DEFAULT_BACKOFF,
  DEFAULT_MIN_AGE_SECONDS,
  DEFAULT_RELAY_TIMEOUT_SECONDS,
  DEFAULT_REQUEUE_BACKOFF,
} from "../../../lib/contract/settings/settings.ts";
import { relayProcess } from "../../../lib/core/process/relay-process.ts";
import { type RequeuerProcessPorts, requeuerProcess } from "../../../lib/core/process/requeuer-process.ts";
import { REFUSED } from "../../world/scripted-target.ts";
import { MIN_PARKED_MS, TIMEOUT_MS, times, worldOf } from "../../world/world.ts";

const SETTINGS = {
  ordering: "none",
  // Only the end of the invocation ends a call.
  backoff: { ...DEFAULT_BACKOFF, budgetMs: 3_600_000 },
  requeueBackoff: DEFAULT_REQUEUE_BACKOFF,
  concurrency: 4,
  minAgeSeconds: DEFAULT_MIN_AGE_SECONDS,
  relayTimeoutSeconds: DEFAULT_RELAY_TIMEOUT_SECONDS,
} as const;

/** A world whose target gets as long for each call as it asks for, and never answers. */
function worldOfSilence() {
  const world = worldOf();
  const { clock } = world;
  const startMs = clock.now();
  const givenUntilMs: number[] = [];
  const endsMs: number[] = [];
  const ports = (role: FunctionRole) => {
    const { ports } = world.portsOf(role);
    return {
      ...ports,
      publisher: {
        ...ports.publisher,
        publish: (_destination: string, _events: readonly unknown[], untilMs: number) => {
          givenUntilMs.push(untilMs - startMs);
          return new Promise<never>(() => undefined);
        },
      },
      beginInvocation: (endMs: number) => {
        endsMs.push(endMs - startMs);
        return async () => void endsMs.push(clock.now() - startMs);
      },
    };
  };
  return { ...world, ports, startMs, givenUntilMs, endsMs };
}

describe("a process of the relay", () => {
  it("publishes nothing in the last six seconds before its timeout, and is over in the last one", async () => {
    const { clock, write, ports, startMs, givenUntilMs, endsMs } = worldOfSilence();
    const records = times(3, () => write());
    const { invoke } = relayProcess(ports("relay"), SETTINGS);
    await clock.run(() => invoke(() => records, startMs + TIMEOUT_MS));
    expect(Math.max(...givenUntilMs)).toBe(54_000);
    const [allowedMs = 0, tookMs = 0] = endsMs;
    expect(allowedMs).toBe(59_000);
    expect(tookMs).toBeLessThanOrEqual(allowedMs);
  });

  it("ends its invocation also where the records cannot be read, and takes the next one", async () => {
    const { clock, write, ports, endsMs } = worldOfSilence();
    const { invoke } = relayProcess(ports("relay"), SETTINGS);
    const unreadable = () => {
      throw new Error("no records");
    };
    await expect(clock.run(() => invoke(unreadable, clock.now() + TIMEOUT_MS))).rejects.toThrow("no records");
    expect(endsMs).toHaveLength(2);
    expect(await clock.run(() => invoke(() => [write()], clock.now() + TIMEOUT_MS))).toEqual({});
  });

  it("asks whether its target is there as it starts, before there is anything to publish", () => {
    const world = worldOf();
    world.relayProcess();
    expect(world.target.checks).toHaveLength(1);
    world.requeuerProcess();
    expect(world.target.checks).toHaveLength(1);
  });

  it.each(["per-key", "strict"] as const)("keeps a key parked until every other relay is over: %s", (ordering) => {
    const { parts } = relayProcess(worldOf().portsOf("relay").ports, { ...SETTINGS, ordering });
    expect(parts.ordering).toMatchObject({ strict: ordering === "strict", minParkedMs: MIN_PARKED_MS });
  });

  it("holds no event back behind one of its key that fails where no order is asked for", async () => {
    const { write, relayProcess, target } = worldOf({ settings: { ordering: "none" } });
    target.script = ({ id }) => (id === "e1" ? REFUSED : undefined);
    await relayProcess().invoke([1, 2].map((sequence) => write({ order: { key: "order#1", sequence } })));
    expect(target.delivered).toEqual(["e2"]);
  });
});

describe("a process of the requeuer", () => {
  it("publishes nothing in the last eight seconds before its timeout, and is over in the last five", async () => {
    const { clock, write, ports, startMs, givenUntilMs, endsMs, deadLetters } = worldOfSilence();
    const { invoke: relay } = relayProcess(ports("relay"), SETTINGS);
    const records = times(3, () => write());
    await clock.run(() => relay(() => records, clock.now() + TIMEOUT_MS));
    expect(deadLetters.messages).toHaveLength(3);
    clock.skip(3_600_000);
    const beganMs = clock.now() - startMs;
    givenUntilMs.length = 0;
    endsMs.length = 0;
    const { invoke } = requeuerProcess(ports("requeuer"), SETTINGS);
    await clock.run(() => invoke("me", clock.now() + TIMEOUT_MS));
    expect(Math.max(...givenUntilMs) - beganMs).toBe(52_000);
    const [allowedMs = 0, tookMs = 0] = endsMs;
    expect(allowedMs - beganMs).toBe(55_000);
    expect(tookMs).toBeLessThanOrEqual(allowedMs);
  });

  async function inspected(inspectTable?: RequeuerProcessPorts["inspectTable"]) {
    const { clock, write, portsOf, target } = worldOf();
    write();
    clock.skip(DEFAULT_MIN_AGE_SECONDS * 1_000 + 1_000);
    const { ports, recording } = portsOf("requeuer");
    const { invoke } = requeuerProcess({ ...ports, ...(inspectTable && { inspectTable }) }, SETTINGS);
    const startMs = clock.now();
    const result = await clock.run(() => invoke("me", startMs + TIMEOUT_MS));
    const warnings = recording.logs.filter(({ level }) => level === "warn").map(({ fields }) => fields?.["error"]);
    return { result, warnings, calls: target.calls };
  }

  it.each([
    ["hangs", () => new Promise<void>(() => undefined), "DeadlineExceeded"],
    ["fails", () => Promise.reject(new Error("AccessDenied")), "AccessDenied"],
  ])("delivers beside an inspection of the table that %s, and says so", async (_how, inspectTable, why) => {
    const { result, warnings, calls } = await inspected(inspectTable);
    expect(result).toBe("completed");
    expect(calls).toHaveLength(1);
    expect(warnings).toEqual([expect.stringContaining(why)]);
  });

  it("says nothing of an inspection that went well, nor where nobody inspects the table", async () => {
    expect(await inspected(async () => undefined)).toMatchObject({ result: "completed", warnings: [] });
    expect(await inspected()).toMatchObject({ result: "completed", warnings: [] });
  });
});
