import { describe, expect, it } from "vitest";
import type { KeyPage } from "../../../lib/core/ports.ts";
import { REFUSED } from "../../world/scripted-target.ts";
import { MIN_PARKED_MS } from "../../world/world.ts";
import { orderedWorld, upTo } from "./ordered-world.ts";

const strictWorld = () => orderedWorld("strict");

/** Makes the first read of a key miss one row, as a read that is not atomic may. */
function overlookOnce({ keys }: ReturnType<typeof strictWorld>, sequence: number): void {
  const read = keys.read.bind(keys);
  keys.read = async (pk, range): Promise<KeyPage & { readonly more: boolean }> => {
    const page = await read(pk, range);
    keys.read = read;
    return { ...page, rows: page.rows.filter(({ key }) => key.sk !== String(sequence)) };
  };
}

describe("strict order", () => {
  it("looks for a predecessor only where this key group has not just published it", async () => {
    const { writeEvents, relayProcess, keys, deliveries } = strictWorld();
    const { invoke } = relayProcess();
    await invoke(writeEvents("a", 5));
    expect(keys.requests).not.toContain("presence");
    await invoke(writeEvents("a", 5, 6));
    expect(keys.requests.filter((operation) => operation === "presence")).toHaveLength(1);
    expect(deliveries("a")).toEqual(upTo(10));
  });

  it("reads the key again when a predecessor is there that the read overlooked", async () => {
    const world = strictWorld();
    overlookOnce(world, 2);
    await world.relayProcess().invoke(world.writeEvents("a", 3));
    expect(world.deliveries("a")).toEqual(upTo(3));
  });

  it("would be out of order there without being strict: the assumption that it removes", async () => {
    const world = orderedWorld("per-key");
    overlookOnce(world, 2);
    await world.relayProcess().invoke(world.writeEvents("a", 3));
    expect(world.deliveries("a")).toEqual([1, 3]);
  });

  it("has the record brought again when a predecessor is being written or deleted", async () => {
    const { writeEvents, relayProcess, keys, deliveries } = strictWorld();
    keys.presence = async () => "conflict";
    const records = writeEvents("a", 2, 2);
    expect(await relayProcess().invoke(records)).toEqual({ checkpoint: records[0]?.position });
    expect(keys.requests).toEqual(["read"]);
    expect(deliveries("a")).toEqual([]);
  });

  it("gives up a key whose predecessor is there and never shows, until its record comes again", async () => {
    const { writeEvents, relayProcess, keys, deliveries } = strictWorld();
    keys.presence = async () => "present";
    const records = writeEvents("a", 2, 2);
    expect(await relayProcess().invoke(records)).toEqual({ checkpoint: records[0]?.position });
    expect(keys.requests.filter((operation) => operation === "read").length).toBeLessThanOrEqual(10);
    expect(deliveries("a")).toEqual([]);
  });

  it("goes on over a gap, for a predecessor that is absent may have been delivered", async () => {
    const { writeEvent, relayProcess, deliveries, table } = strictWorld();
    await relayProcess().invoke([writeEvent("a", 1), writeEvent("a", 3), writeEvent("a", 4)]);
    expect(deliveries("a")).toEqual([1, 3, 4]);
    expect(table.items.size).toBe(0);
  });

  it("waits for nobody else's key when the presence of a row cannot be told", async () => {
    const { writeEvents, relayProcess, keys, deliveries } = strictWorld();
    keys.failing.add("presence");
    const [first, ...others] = [...writeEvents("a", 2, 2), ...writeEvents("b", 3)];
    expect(await relayProcess().invoke([...(first ? [first] : []), ...others])).toEqual({
      checkpoint: first?.position,
    });
    expect(deliveries("b")).toEqual(upTo(3));
  });

  it("holds for the requeuer too", async () => {
    const world = strictWorld();
    const { writeEvents, relayProcess, requeuerProcess, target, clock, deliveries, table } = world;
    target.script = ({ id }) => (id === "a/2" ? REFUSED : undefined);
    await relayProcess().invoke(writeEvents("a", 5));
    target.script = () => undefined;
    clock.skip(MIN_PARKED_MS);
    overlookOnce(world, 3);
    await requeuerProcess().invoke();
    expect(deliveries("a")).toEqual(upTo(5));
    expect(table.items.size).toBe(0);
  });
});
