import { describe, expect, it } from "vitest";
import { LOG_MESSAGES } from "../../../lib/contract/telemetry/log-messages.ts";
import { trials } from "../../../lib/core/delivery/trials.ts";
import { drainKey, type KeyEnd } from "../../../lib/core/ordered/drain-key.ts";
import { MAX_IDLE_PASSES } from "../../../lib/core/ordered/ordering.ts";
import { inOrder } from "../../../lib/core/ordered/publish-in-order.ts";
import { MIN_PARKED_MS } from "../../world/world.ts";
import { orderedWorld, upTo, withoutSource } from "./ordered-world.ts";

const LEASE_MS = 70_000;

/** A world whose keys are drained one by one, by drainers with names. */
function drainWorld(ordering: "per-key" | "strict" = "per-key") {
  const world = orderedWorld(ordering);
  const { clock, keys, table } = world;
  const { telemetry, ordering: shared, ...parts } = world.relayProcess();
  if (shared === undefined) throw new Error("The world has no order");
  const delivery = { ...parts, telemetry, trials: trials() };

  const drain = (pk: string, owner: string, budgetMs = 30_000): Promise<KeyEnd> => {
    const endMs = clock.now() + budgetMs;
    const publish = inOrder(delivery, { publishUntilMs: endMs - 5_000, endMs });
    return drainKey(pk, { ...delivery, ordering: shared, publish, owner, leaseMs: LEASE_MS, endMs });
  };
  const park = (pk: string, ...others: readonly Readonly<Record<string, { readonly N: string }>>[]) =>
    table.put(Object.assign({ pk: { S: pk }, sk: { N: "0" }, _ver: { N: "1" } }, ...others));

  return { ...world, telemetry, drain, park, operations: () => [...keys.requests] };
}

describe("draining a key", () => {
  it("is clean where nothing waits, looking for events first and for the parked-key record last", async () => {
    const { clock, drain, operations, deadLetters } = drainWorld();
    expect(await clock.run(() => drain("a", "me"))).toEqual({ kind: "clean", delivered: 0 });
    expect(operations()).toEqual(["acquire", "read", "readParkedKey"]);
    expect(deadLetters.messages).toHaveLength(0);
  });

  it("sends a dead letter before it makes the record of a key that waits without one", async () => {
    const { clock, drain, writeEvents, keys, deadLetters, deliveries } = drainWorld();
    writeEvents("a", 2);
    let sent = 0;
    keys.before = (operation) => {
      if (operation === "park") sent = deadLetters.messages.length;
    };
    expect(await clock.run(() => drain("a", "me"))).toEqual({ kind: "replaced", delivered: 0 });
    expect(sent).toBe(1);
    expect(keys.parkedKey("a")).toBeDefined();
    expect(deliveries("a")).toEqual([]);
  });

  it("keeps its own dead letter when the queue takes no new one", async () => {
    const { clock, drain, writeEvents, keys, deadLetters } = drainWorld();
    writeEvents("a", 2);
    deadLetters.refusing = true;
    const end = await clock.run(() => drain("a", "me"));
    expect(end).toMatchObject({ kind: "busy" });
    expect(end.kind === "busy" && (end.retryAtMs ?? 0) - clock.now()).toBeGreaterThan(MIN_PARKED_MS - 1_000);
    expect(keys.parkedKey("a")).toBeDefined();
  });

  it("reads the highest sequence only after it knows the version", async () => {
    const { clock, drain, writeEvents, park, operations } = drainWorld();
    writeEvents("a", 2);
    park("a");
    expect(await clock.run(() => drain("a", "me"))).toEqual({ kind: "clean", delivered: 2 });
    expect(operations()).toEqual(["acquire", "highest", "read", "close"]);
  });

  it("goes round again when the parked-key record was touched, from the version it reads then", async () => {
    const { clock, drain, writeEvents, park, keys, table, deliveries } = drainWorld();
    writeEvents("a", 2);
    park("a");
    keys.before = (operation) => {
      if (operation !== "close") return;
      keys.before = () => undefined;
      writeEvents("a", 1, 3);
      table.put({ ...keys.parkedKey("a"), _ver: { N: "40" } });
    };
    expect(await clock.run(() => drain("a", "me"))).toEqual({ kind: "clean", delivered: 3 });
    expect(deliveries("a")).toEqual(upTo(3));
    expect(keys.requests).toEqual([
      ...["acquire", "highest", "read", "close"],
      ...["readParkedKey", "highest", "read", "close"],
    ]);
  });

  it("closes the parked-key record only once every row is deleted, not just acknowledged", async () => {
    const { clock, drain, writeEvents, park, table, keys } = drainWorld();
    writeEvents("a", 2);
    park("a");
    table.failing.add("delete");
    expect(await clock.run(() => drain("a", "me", 10_000))).toMatchObject({ kind: "busy" });
    expect(keys.parkedKey("a")).toBeDefined();
    expect(keys.parkedKey("a")).not.toHaveProperty("owner");
    expect(keys.requests).not.toContain("close");
  });

  it("leaves a parked-key record alone that is not due, or held, and says when it will be", async () => {
    for (const busy of ["notBefore", "leaseUntil"]) {
      const { clock, drain, park, table, keys } = drainWorld();
      const untilMs = clock.now() + 42_000;
      park("a", { [busy]: { N: String(untilMs) } });
      table.put({
        ...keys.parkedKey("a"),
        owner: { S: "somebody" },
        ...(busy === "notBefore" && { leaseUntil: { N: "0" } }),
      });
      expect(await clock.run(() => drain("a", "me"))).toEqual({ kind: "busy", delivered: 0, retryAtMs: untilMs });
    }
  });

  it("says no time where the record that it does not get names none to come", async () => {
    const { clock, drain, keys } = drainWorld();
    keys.acquire = async (pk) => ({ kind: "busy", parkedKey: { pk, version: 1, attempts: 0, notBeforeMs: 1 } });
    expect(await clock.run(() => drain("a", "me"))).toEqual({ kind: "busy", delivered: 0 });
  });

  it("lets one of two drainers have the key", async () => {
    const { clock, drain, park, writeEvents, deliveries } = drainWorld();
    writeEvents("a", 5);
    park("a");
    const ends = await clock.run(() => Promise.all([drain("a", "one"), drain("a", "two")]));
    expect(ends.map(({ kind }) => kind).sort()).toEqual(["busy", "clean"]);
    expect(deliveries("a")).toEqual(upTo(5));
  });

  it("gives the key back when time runs out, and goes on there next time", async () => {
    const { clock, drain, park, writeEvents, deliveries, target, keys } = drainWorld();
    target.latencyMs = 500;
    writeEvents("a", 40);
    park("a");
    const end = await clock.run(() => drain("a", "me", 15_000));
    expect(end).toMatchObject({ kind: "busy", delivered: deliveries("a").length });
    expect(keys.parkedKey("a")).not.toHaveProperty("owner");
    expect(await clock.run(() => drain("a", "me-again"))).toMatchObject({ kind: "clean" });
    expect(deliveries("a")).toEqual(upTo(40));
  });

  it("ends when the parked-key record's version never stands still and nothing comes of it", async () => {
    const { clock, drain, park, keys, table } = drainWorld();
    park("a");
    let version = 100;
    keys.before = (operation) => {
      if (operation !== "close") return;
      version += 1;
      table.put({ ...keys.parkedKey("a"), _ver: { N: String(version) } });
    };
    expect(await clock.run(() => drain("a", "me"))).toEqual({ kind: "busy", delivered: 0 });
    expect(keys.parkedKey("a")).not.toHaveProperty("owner");
    expect(keys.requests.filter((request) => request === "close")).toHaveLength(MAX_IDLE_PASSES);
  });

  it("counts failures anew for another first event", async () => {
    const { clock, drain, park, writeEvents, keys, target, telemetry } = drainWorld();
    writeEvents("a", 2);
    park("a", { attempts: { N: "7" } });
    target.script = ({ id }) =>
      id === "a/2" ? { class: "permanent", scope: "event", code: "Refused", message: "no" } : undefined;
    const end = await clock.run(() => drain("a", "me"));
    expect(end).toMatchObject({ kind: "busy", delivered: 1 });
    expect(keys.parkedKey("a")).toMatchObject({ attempts: { N: "1" }, reason: { S: "permanent: Refused: no" } });
    const notBeforeMs = Number(keys.parkedKey("a")?.["notBefore"]?.N);
    expect(notBeforeMs).toBeGreaterThan(clock.now());
    expect(end).toMatchObject({ retryAtMs: notBeforeMs });
    const told = telemetry.logs.find(({ message }) => message === LOG_MESSAGES.failedAgain);
    expect(told?.fields).toMatchObject({ eventId: "a/2", attempts: 1, code: "Refused" });
  });

  it("holds its lease for as long as it was told", async () => {
    const { clock, drain, park, keys } = drainWorld();
    park("a");
    const beganMs = clock.now();
    let leaseUntilMs = 0;
    keys.before = (operation) => {
      if (operation === "highest") leaseUntilMs = Number(keys.parkedKey("a")?.["leaseUntil"]?.N);
    };
    await clock.run(() => drain("a", "me"));
    expect(leaseUntilMs).toBe(beganMs + LEASE_MS);
  });

  it("leaves a key alone whose record's place is taken by an event: that row has its own dead letter", async () => {
    const { clock, drain, writeEvents, keys, deadLetters, deliveries } = drainWorld();
    writeEvents("a", 2, 0);
    expect(await clock.run(() => drain("a", "me"))).toEqual({ kind: "busy", delivered: 0 });
    expect(keys.requests).not.toContain("park");
    expect(deadLetters.messages).toEqual([]);
    expect(deliveries("a")).toEqual([]);
  });

  it("goes on for as long as touches bring something to deliver", async () => {
    const { clock, drain, writeEvents, park, keys, table, deliveries } = drainWorld();
    const events = 2 * MAX_IDLE_PASSES;
    writeEvents("a", 1);
    park("a");
    let written = 1;
    keys.before = (operation) => {
      if (operation !== "close" || written === events) return;
      written += 1;
      writeEvents("a", 1, written);
      table.put({ ...keys.parkedKey("a"), _ver: { N: String(100 + written) } });
    };
    expect(await clock.run(() => drain("a", "me"))).toEqual({ kind: "clean", delivered: events });
    expect(deliveries("a")).toEqual(upTo(events));
  });

  for (const moment of ["read", "close"] as const) {
    it(`leaves everything as it is where its record is gone, or another's, by its ${moment}`, async () => {
      for (const owner of [undefined, "somebody"]) {
        const { clock, drain, writeEvents, park, keys, table } = drainWorld();
        writeEvents("a", 1);
        park("a");
        keys.before = (operation) => {
          if (operation !== moment) return;
          if (owner === undefined) table.remove({ pk: "a", sk: "0" });
          else table.put({ ...keys.parkedKey("a"), owner: { S: owner } });
        };
        expect(await clock.run(() => drain("a", "me"))).toEqual({ kind: "busy", delivered: moment === "read" ? 0 : 1 });
        expect(keys.requests).not.toContain("release");
        expect(keys.requests.filter((request) => request === "highest")).toHaveLength(1);
        expect(keys.parkedKey("a")?.["owner"]?.S).toBe(owner);
      }
    });
  }

  it("reports a malformed event once, not in every round of its key", async () => {
    const { clock, drain, writeEvent, park, keys, telemetry } = drainWorld();
    writeEvent("a", 1, {}, withoutSource);
    park("a", { attempts: { N: "1" } });
    await clock.run(() => drain("a", "me"));
    expect(keys.parkedKey("a")?.["attempts"]).toEqual({ N: "2" });
    expect(telemetry.total("RequeueFailures")).toBe(1);
    expect(telemetry.total("MalformedRecords")).toBe(0);
  });
});
