import { beforeAll, describe, expect, test, vi } from "vitest";
import * as client from "../../lib/client/index.ts";
import * as consumer from "../../lib/consumer/index.ts";
import { inMemoryOutbox } from "../../lib/testing/index.ts";

/** The modules once more, as a process has them that loads the package's CommonJS beside its ES modules. */
let others: typeof client & typeof consumer & { readonly inMemoryOutbox: typeof inMemoryOutbox };

beforeAll(async () => {
  vi.resetModules();
  others = {
    ...(await import("../../lib/client/index.ts")),
    ...(await import("../../lib/consumer/index.ts")),
    ...(await import("../../lib/testing/index.ts")),
  };
});

/** Nobody is handed one of these and has to tell what it is. */
const WRITERS: readonly string[] = ["Outbox", "DocumentOutbox"];

type Class = abstract new (...given: never) => object;
const isClass = (value: unknown): value is Class => typeof value === "function" && /^class\b/.test(String(value));
const classes = Object.entries({ ...client, ...consumer }).flatMap(([name, value]) =>
  isClass(value) && !WRITERS.includes(name) ? [{ name, Own: value }] : [],
);

describe("two copies of the package in one process", () => {
  test("are two", () => {
    expect(others.CountedOrder).not.toBe(client.CountedOrder);
  });

  test("have classes to tell apart", () => {
    expect(classes.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "CountedOrder",
        "OutboxError",
        "SequenceTakenError",
        "SettingError",
        "EventInProgressError",
      ]),
    );
  });

  test.each(classes)("have one $name, and it is no other class", ({ name, Own }) => {
    const Other = (others as unknown as Readonly<Record<string, Class>>)[name];
    const made: unknown = Object.create(Other?.prototype ?? null);
    expect(made).toBeInstanceOf(Own);
    const also = classes.filter((each) => made instanceof each.Own).map((each) => each.name);
    expect(also.filter((each) => each !== "OutboxError")).toEqual(name === "OutboxError" ? [] : [name]);
    for (const stranger of [undefined, null, name, {}, Object.create(null), new Error(name), { constructor: Own }]) {
      expect(stranger instanceof Own).toBe(false);
    }
  });

  test("tell a class that extends one of theirs by its prototype", () => {
    class TooDear extends client.InvalidEventError {}
    expect(new TooDear("data", "is too dear")).toBeInstanceOf(TooDear);
    expect(new TooDear("data", "is too dear")).toBeInstanceOf(others.InvalidEventError);
    expect(new others.InvalidEventError("data", "is wrong")).not.toBeInstanceOf(TooDear);
  });

  test("write an event in the order that the other gave", async () => {
    const { outbox, table } = inMemoryOutbox({ source: "/shop", counterTable: true });
    const counter = await outbox.ordered("cart-1");
    const order = new others.CountedOrder(counter.key, counter.sequence, "in-memory-counters");
    await outbox.transact([], [{ type: "cart.opened", order }]);
    expect(table.events).toMatchObject([{ partitionkey: "cart-1" }]);
    // The counter was raised with it, so the next place is another.
    expect((await outbox.ordered("cart-1")).sequence).toBe(order.sequence + 1);
  });

  test("share the context of events", async () => {
    const { outbox, table } = inMemoryOutbox();
    await others.withEventContext({ source: "/shop", subject: "cart-1" }, () => outbox.put({ type: "cart.opened" }));
    expect(table.events).toMatchObject([{ source: "/shop", subject: "cart-1" }]);
  });

  test("recognise what the other's outbox throws", async () => {
    const { outbox, table } = others.inMemoryOutbox({ source: "/shop" });
    table.failNext("event-exists");
    await expect(outbox.put({ type: "cart.opened" })).rejects.toBeInstanceOf(client.EventExistsError);
    await expect(outbox.put({ type: "" })).rejects.toBeInstanceOf(client.OutboxError);
  });
});
