import { afterEach, describe, expect, it } from "vitest";
import { contextWith, ENVIRONMENT, endOfWorld, handlerWorld } from "./handler-world.ts";

afterEach(endOfWorld);

const load = () => import("../../lambdas/relay.ts");
const WORDS = "Settings that this version does not know are ignored";

async function deliveredWith(change: Readonly<Record<string, object>>) {
  const world = handlerWorld();
  const record = world.write("a");
  const variables = Object.entries(change).map(([name, added]): [string, string] => [
    name,
    JSON.stringify({ ...JSON.parse(ENVIRONMENT[name] ?? "{}"), ...added }),
  ]);
  const { handler } = await world.start(load, Object.fromEntries(variables));
  await handler({ Records: [record] }, contextWith(60_000, world.clock));
  return world;
}

describe("a relay between two deployments, whose settings are of another version than its code", () => {
  it("delivers all the same, and logs a warning that names what it ignores", async () => {
    const { delivered, rows, output } = await deliveredWith({
      OUTBOX_RELAY_SETTINGS: { speed: 9 },
      OUTBOX_RELAY_TARGET: { compression: "zstd" },
    });
    expect(delivered).toEqual(["a"]);
    expect(rows.size).toBe(0);
    const [line, ...others] = output
      .join("")
      .split("\n")
      .filter((each) => each.includes(WORDS));
    expect(others).toEqual([]);
    expect(JSON.parse(line ?? "")).toMatchObject({
      level: "WARN",
      settings: "OUTBOX_RELAY_SETTINGS.speed, OUTBOX_RELAY_TARGET.compression",
    });
  });

  it("says nothing where it knows them all", async () => {
    const { delivered, output } = await deliveredWith({});
    expect(delivered).toEqual(["a"]);
    expect(
      output
        .join("")
        .split("\n")
        .filter((each) => each.includes(WORDS)),
    ).toEqual([]);
  });

  it("starts not at all with a known setting that is wrong, or for a target that its code is not for", async () => {
    await expect(deliveredWith({ OUTBOX_RELAY_SETTINGS: { concurrency: 0 } })).rejects.toThrow("concurrency is 0");
    endOfWorld();
    await expect(deliveredWith({ OUTBOX_RELAY_TARGET: { kind: "sqs" } })).rejects.toThrow('kind is "sqs"');
  });
});
