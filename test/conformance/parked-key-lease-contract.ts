import { describe, expect } from "vitest";
import { LONGEST_LEASE_MS } from "../../lib/contract/read-back.ts";
import type { ContractTest } from "./contract-test.ts";
import type { KeyTableEngine } from "./engines/engine.ts";
import { NEW_PARKED_KEY, NOW_MS, parkedKeyItem, rowOf } from "./parked-keys.ts";
import { refOf } from "./rows.ts";

const UNTIL_MS = NOW_MS + 60_000;

/** A key that is parked and due now, at version 1. */
async function park({ put, keys }: KeyTableEngine): Promise<void> {
  const row = rowOf("k", 1);
  await put(row);
  await keys.park(refOf(row), NEW_PARKED_KEY);
}

export function describeParkedKeyLease(test: ContractTest<KeyTableEngine>): void {
  describeAcquire(test);
  describeEditedParkedKeys(test);
  describeRelease(test);
  describeClose(test);
}

function describeAcquire(test: ContractTest<KeyTableEngine>): void {
  describe("acquire", () => {
    test("takes a parked-key record that is due and free, and raises its version", async (engine) => {
      await park(engine);
      const parkedKey = { pk: "k", version: 2, attempts: 0, notBeforeMs: NOW_MS, owner: "one", leaseUntilMs: UNTIL_MS };
      expect(await engine.keys.acquire("k", "one", NOW_MS, UNTIL_MS)).toEqual({ kind: "acquired", parkedKey });
      expect(await engine.keys.readParkedKey("k")).toEqual(parkedKey);
    });

    test("makes no parked-key record where there is none", async ({ keys }) => {
      expect(await keys.acquire("k", "one", NOW_MS, UNTIL_MS)).toEqual({ kind: "not-parked" });
      expect(await keys.readParkedKey("k")).toBeUndefined();
    });

    test("finds a parked-key record busy before its time, and changes nothing", async (engine) => {
      await park(engine);
      const before = await engine.keys.readParkedKey("k");
      expect(await engine.keys.acquire("k", "one", NOW_MS - 1, UNTIL_MS)).toEqual({ kind: "busy", parkedKey: before });
      expect(await engine.keys.readParkedKey("k")).toEqual(before);
    });

    test("finds a parked-key record busy while another holds it, and takes it when the lease is over", async (engine) => {
      await park(engine);
      await engine.keys.acquire("k", "one", NOW_MS, UNTIL_MS);
      expect(await engine.keys.acquire("k", "two", UNTIL_MS - 1, UNTIL_MS + 60_000)).toMatchObject({
        kind: "busy",
        parkedKey: { owner: "one", leaseUntilMs: UNTIL_MS, version: 2 },
      });
      expect(await engine.keys.acquire("k", "two", UNTIL_MS, UNTIL_MS + 60_000)).toMatchObject({
        kind: "acquired",
        parkedKey: { owner: "two", version: 3 },
      });
    });

    test("takes again what its owner holds", async (engine) => {
      await park(engine);
      await engine.keys.acquire("k", "one", NOW_MS, UNTIL_MS);
      expect(await engine.keys.acquire("k", "one", NOW_MS + 1, UNTIL_MS + 1)).toMatchObject({
        kind: "acquired",
        parkedKey: { owner: "one", leaseUntilMs: UNTIL_MS + 1, version: 3 },
      });
    });

    test("finds a parked-key record busy that was parked anew, also when it is its owner's", async (engine) => {
      await park(engine);
      await engine.keys.acquire("k", "one", NOW_MS, UNTIL_MS);
      await engine.keys.park(refOf(rowOf("k", 1)), { ...NEW_PARKED_KEY, notBeforeMs: NOW_MS + 10 });
      expect(await engine.keys.acquire("k", "one", NOW_MS + 9, UNTIL_MS)).toMatchObject({
        kind: "busy",
        parkedKey: { owner: "one", version: 3 },
      });
    });

    test("lets one of many have it who ask at once", async (engine) => {
      await park(engine);
      const owners = Array.from({ length: 8 }, (_unused, index) => `owner-${index}`);
      const ends = await Promise.all(owners.map((owner) => engine.keys.acquire("k", owner, NOW_MS, UNTIL_MS)));
      expect(ends.filter(({ kind }) => kind === "acquired")).toHaveLength(1);
      expect(ends.filter(({ kind }) => kind === "busy")).toHaveLength(7);
      expect((await engine.keys.readParkedKey("k"))?.version).toBe(2);
    });
  });
}

function describeEditedParkedKeys(test: ContractTest<KeyTableEngine>): void {
  describe("acquire, after somebody edited the parked-key record by hand,", () => {
    test("takes a parked-key record whose lease ends further ahead than any lease does", async ({ put, keys }) => {
      const item = parkedKeyItem("k", { _ver: { N: "4" }, owner: { S: "x" }, leaseUntil: { N: String(NOW_MS * 2) } });
      await put(item);
      expect(await keys.acquire("k", "one", NOW_MS, UNTIL_MS)).toMatchObject({
        kind: "acquired",
        parkedKey: { version: 5 },
      });
      await put(
        parkedKeyItem("j", {
          _ver: { N: "4" },
          owner: { S: "x" },
          leaseUntil: { N: String(NOW_MS + LONGEST_LEASE_MS) },
        }),
      );
      expect(await keys.acquire("j", "one", NOW_MS, UNTIL_MS)).toMatchObject({ kind: "busy" });
    });

    for (const [what, attributes] of [
      ["without attributes but its version", { _ver: { N: "1" } }],
      [
        "spoiled by hand",
        { _ver: { S: "one" }, owner: { N: "7" }, leaseUntil: { S: "soon" }, notBefore: { S: "now" } },
      ],
    ] as const) {
      test(`takes a parked-key record ${what} as due and free, at a version that can be closed`, async ({
        put,
        keys,
      }) => {
        await put(parkedKeyItem("k", attributes));
        const end = await keys.acquire("k", "one", NOW_MS, UNTIL_MS);
        expect(end).toMatchObject({ kind: "acquired", parkedKey: { owner: "one", leaseUntilMs: UNTIL_MS } });
        const version = end.kind === "acquired" ? end.parkedKey.version : Number.NaN;
        expect(await keys.close("k", "one", version)).toBe(true);
      });
    }
  });
}

function describeRelease(test: ContractTest<KeyTableEngine>): void {
  describe("release", () => {
    test("gives the lease back and leaves the rest as it was", async (engine) => {
      await park(engine);
      await engine.keys.acquire("k", "one", NOW_MS, UNTIL_MS);
      expect(await engine.keys.release("k", "one")).toBe(true);
      expect(await engine.keys.readParkedKey("k")).toEqual({ pk: "k", version: 2, attempts: 0, notBeforeMs: NOW_MS });
      expect(await engine.keys.acquire("k", "two", NOW_MS, UNTIL_MS)).toMatchObject({ kind: "acquired" });
    });

    test("moves the backoff where one is given", async (engine) => {
      await park(engine);
      await engine.keys.acquire("k", "one", NOW_MS, UNTIL_MS);
      const rest = { notBeforeMs: NOW_MS + 90_000, attempts: 3, reason: "permanent: Refused: no" };
      expect(await engine.keys.release("k", "one", rest)).toBe(true);
      expect(await engine.keys.readParkedKey("k")).toEqual({
        pk: "k",
        version: 2,
        attempts: 3,
        notBeforeMs: NOW_MS + 90_000,
      });
    });

    test("is refused to anybody but the owner, and makes no parked-key record", async (engine) => {
      expect(await engine.keys.release("k", "one")).toBe(false);
      expect(await engine.keys.readParkedKey("k")).toBeUndefined();
      await park(engine);
      expect(await engine.keys.release("k", "one")).toBe(false);
      await engine.keys.acquire("k", "one", NOW_MS, UNTIL_MS);
      expect(await engine.keys.release("k", "two")).toBe(false);
      expect(await engine.keys.readParkedKey("k")).toMatchObject({ owner: "one", version: 2 });
    });
  });
}

function describeClose(test: ContractTest<KeyTableEngine>): void {
  describe("close", () => {
    test("deletes the parked-key record of its owner and version, and no event", async (engine) => {
      await park(engine);
      await engine.keys.acquire("k", "one", NOW_MS, UNTIL_MS);
      expect(await engine.keys.close("k", "one", 2)).toBe(true);
      expect(await engine.keys.readParkedKey("k")).toBeUndefined();
      expect(await engine.row({ pk: "k", sk: "1" })).toBeDefined();
    });

    test("is refused at any other version, as after a touch", async (engine) => {
      await park(engine);
      await engine.keys.acquire("k", "one", NOW_MS, UNTIL_MS);
      await engine.keys.touch("k");
      expect(await engine.keys.close("k", "one", 2)).toBe(false);
      expect(await engine.keys.close("k", "one", Number.NaN)).toBe(false);
      expect(await engine.keys.close("k", "one", 3)).toBe(true);
    });

    test("is refused when the key was parked anew meanwhile", async (engine) => {
      await park(engine);
      await engine.keys.acquire("k", "one", NOW_MS, UNTIL_MS);
      await engine.keys.park(refOf(rowOf("k", 1)), NEW_PARKED_KEY);
      expect(await engine.keys.close("k", "one", 2)).toBe(false);
    });

    test("is refused to anybody but the owner, and where there is no parked-key record", async (engine) => {
      expect(await engine.keys.close("k", "one", 1)).toBe(false);
      await park(engine);
      expect(await engine.keys.close("k", "one", 1)).toBe(false);
      await engine.keys.acquire("k", "one", NOW_MS, UNTIL_MS);
      expect(await engine.keys.close("k", "two", 2)).toBe(false);
      expect(await engine.keys.readParkedKey("k")).toMatchObject({ owner: "one", version: 2 });
    });
  });
}
